namespace RobustMQ.Architecture.Tests;

public class ReferenceTests
{
    public static TheoryData<string> Projects => new(Product.Projects);

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_file_refers_to_what_the_table_allows(string project)
    {
        var allowed = ReferenceTable.AllowedFor(project);
        Assert.True(allowed is not null, $"{project} has no row in the table of docs/ARCHITECTURE.md");

        Assert.Empty(Repository.Included(Product.FileOf(project), "ProjectReference").Except(allowed));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void An_assembly_uses_what_the_table_allows(string project) =>
        Assert.Empty(Product.UsedBy(project).Where(Product.IsOurs).Except(ReferenceTable.AllowedFor(project)!));

    [Fact]
    public void Assemblies_do_use_each_other_or_the_test_above_sees_nothing() =>
        Assert.Contains("RobustMQ.Nats.Gateway", Product.UsedBy("RobustMQ"));

    [Fact]
    public void Every_row_of_the_table_in_the_architecture_document_is_enforced()
    {
        var document = Repository.Read("docs/ARCHITECTURE.md");
        foreach (var project in Product.Projects)
        {
            var shortName = project == "RobustMQ" ? "robustmq" : project["RobustMQ.".Length..];
            var isGatewayPart = shortName.EndsWith(".Gateway", StringComparison.Ordinal) || shortName.EndsWith(".Protocol", StringComparison.Ordinal);
            var row = isGatewayPart ? $"X{shortName[shortName.LastIndexOf('.')..]}" : shortName;
            Assert.Matches($@"(?m)^\|([^|]*, )?{System.Text.RegularExpressions.Regex.Escape(row)}\b", document.Replace("| ", "|", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Only_the_all_in_one_takes_the_storage_into_its_process()
    {
        var takers = Product.Projects.Where(project => Product.UsedBy(project).Contains("RobustMQ.Storage.Embedded"));

        Assert.Equal(["RobustMQ"], takers);
    }

    [Theory]
    [InlineData("RocksDB", "RobustMQ.Storage")]
    [InlineData("Grpc.AspNetCore", "RobustMQ.StorageNode")]
    [InlineData("Grpc.Net.Client", "RobustMQ.Storage.Client")]
    [InlineData("Grpc.Tools", "RobustMQ.Protos")]
    [InlineData("Google.Protobuf", "RobustMQ.Protos")]
    public void A_package_belongs_to_one_project(string package, string project)
    {
        var owners = Repository.Projects.Where(file => !file.StartsWith("tests/", StringComparison.Ordinal) && Repository.Included(file, "PackageReference").Contains(package));

        Assert.Equal([project], owners.Select(owner => Path.GetFileNameWithoutExtension(owner)));
    }

    [Fact]
    public void No_gateway_process_ships_with_RocksDB()
    {
        foreach (var project in Product.Projects.Where(project => project.EndsWith(".Gateway", StringComparison.Ordinal)))
            Assert.DoesNotContain("RocksDbSharp", Closure(project));
        Assert.Contains("RocksDbSharp", Closure("RobustMQ"));
    }

    /// <summary>All assemblies that a project needs, directly or through other projects.</summary>
    private static HashSet<string> Closure(string project)
    {
        var found = new HashSet<string>();
        var waiting = new Queue<string>([project]);
        while (waiting.TryDequeue(out var name))
        {
            if (!found.Add(name) || !Product.IsOurs(name))
                continue;
            foreach (var used in Product.UsedBy(name))
                waiting.Enqueue(used);
        }
        return found;
    }
}
