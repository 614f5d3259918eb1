using System.Reflection;
using System.Xml.Linq;

namespace RobustMQ.Architecture.Tests;

/// <summary>The files of this repository, without what builds produce.</summary>
internal static class Repository
{
    private static readonly string[] Produced = ["artifacts", "bin", "obj", "node_modules", ".git", "BenchmarkDotNet.Artifacts"];

    public static string Root { get; } = typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    /// <summary>Paths from the root, with slashes.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. Walk(Root).Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    public static IReadOnlyList<string> Projects { get; } = [.. Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal))];

    public static IReadOnlyList<string> Sources { get; } = [.. Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal))];

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    /// <summary>What stands in a project file's Include attributes of one kind; of project references the names alone.</summary>
    public static IReadOnlyList<string> Included(string project, string element) =>
        [.. XDocument.Parse(Read(project)).Descendants(element).Attributes("Include").Select(attribute => NameOf(attribute.Value.Replace('\\', '/'), element))];

    private static string NameOf(string include, string element) => element == "ProjectReference" ? Path.GetFileNameWithoutExtension(include) : include;

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
            yield return file;
        foreach (var child in Directory.EnumerateDirectories(folder))
        {
            if (Produced.Contains(Path.GetFileName(child)))
                continue;
            foreach (var file in Walk(child))
                yield return file;
        }
    }
}
