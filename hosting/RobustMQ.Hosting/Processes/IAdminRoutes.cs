using Microsoft.AspNetCore.Http;

namespace RobustMQ.Hosting.Processes;

/// <summary>A part that shows more over the admin listener than health and metrics.</summary>
public interface IAdminRoutes
{
    /// <summary>Handlers of GET requests by path, <c>/varz</c>. Asked once, before the part starts; a handler may be called at any time after that.</summary>
    IReadOnlyDictionary<string, RequestDelegate> AdminRoutes { get; }
}
