using System.Text;

namespace RobustMQ.GatewayKit.Identity.Grants;

/// <summary>Grants of topics as the subjects that all protocols use: a name is the subject, every name is every subject, and what begins so are subjects that begin so.</summary>
internal static class TopicGrants
{
    public static List<Grant> Of(UserGrants grants, GrantOperation operation, bool isDenied) =>
        [.. grants.All.Where(grant => grant.Resource == GrantResource.Topic && grant.IsDenied == isDenied && (grant.Operation == operation || grant.Operation == GrantOperation.All))];

    public static IEnumerable<string> Filters(IEnumerable<Grant> grants) => grants.Where(static grant => !grant.IsPrefix).Select(static grant => grant.IsOfAll ? ">" : grant.Name);

    public static byte[][] Prefixes(IEnumerable<Grant> grants) => [.. grants.Where(static grant => grant.IsPrefix).Select(static grant => Encoding.UTF8.GetBytes(grant.Name))];
}
