namespace RobustMQ.Storage.Client.Mapping;

/// <summary>Names as the contract writes them.</summary>
internal static class Names
{
    /// <summary>Empty means the default one.</summary>
    public static Records.Namespace Namespace(string text) => text.Length == 0 ? Records.Namespace.Default : Records.Namespace.Parse(text);
}
