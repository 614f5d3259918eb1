namespace RobustMQ.Architecture.Tests;

/// <summary>Who may refer to whom: the table of docs/ARCHITECTURE.md, section 1. What a project may refer to it may also get at through others of its row.</summary>
internal static class ReferenceTable
{
    private static readonly Dictionary<string, string[]> Rows = new()
    {
        ["RobustMQ.Records"] = [],
        ["RobustMQ.Protos"] = [],
        ["RobustMQ.Hosting"] = [],
        ["RobustMQ.Storage"] = ["RobustMQ.Records"],
        ["RobustMQ.Storage.Client"] = ["RobustMQ.Records", "RobustMQ.Protos"],
        ["RobustMQ.Storage.Embedded"] = ["RobustMQ.Storage", "RobustMQ.Storage.Client", "RobustMQ.Records"],
        ["RobustMQ.StorageNode"] = ["RobustMQ.Storage", "RobustMQ.Records", "RobustMQ.Protos", "RobustMQ.Hosting"],
        ["RobustMQ.GatewayKit"] = ["RobustMQ.Records", "RobustMQ.Storage.Client", "RobustMQ.Hosting"],
    };

    /// <summary>Null where nobody has decided what the project may refer to.</summary>
    public static IReadOnlyCollection<string>? AllowedFor(string project)
    {
        if (Rows.TryGetValue(project, out var allowed))
            return allowed;
        if (project.EndsWith(".Protocol", StringComparison.Ordinal))
            return [];
        if (project.EndsWith(".Gateway", StringComparison.Ordinal))
            return [project.Replace(".Gateway", ".Protocol", StringComparison.Ordinal), "RobustMQ.GatewayKit", .. Rows["RobustMQ.GatewayKit"]];
        return project == "RobustMQ" ? Product.Projects : null;
    }
}
