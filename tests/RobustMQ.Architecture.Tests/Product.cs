using System.Reflection;
using System.Xml.Linq;

namespace RobustMQ.Architecture.Tests;

/// <summary>The projects that are shipped, and the assemblies they are built to (processes have names of their own).</summary>
internal static class Product
{
    private static readonly Dictionary<string, string> Assemblies = Repository.Projects
        .Where(file => !file.StartsWith("tests/", StringComparison.Ordinal))
        .ToDictionary(file => Path.GetFileNameWithoutExtension(file), AssemblyName);

    private static readonly Dictionary<string, string> ProjectsByAssembly = Assemblies.ToDictionary(pair => pair.Value, pair => pair.Key);

    public static IReadOnlyList<string> Projects { get; } = [.. Assemblies.Keys.Order(StringComparer.Ordinal)];

    public static string FileOf(string project) => Repository.Projects.Single(path => Path.GetFileNameWithoutExtension(path) == project);

    public static Assembly Load(string project) => Assembly.Load(Assemblies[project]);

    /// <summary>Simple names of what a project's assembly uses; our own as names of projects.</summary>
    public static IEnumerable<string> UsedBy(string project) =>
        Load(project).GetReferencedAssemblies().Select(name => ProjectsByAssembly.GetValueOrDefault(name.Name!, name.Name!));

    public static bool IsOurs(string name) => Assemblies.ContainsKey(name);

    private static string AssemblyName(string file) =>
        XDocument.Parse(Repository.Read(file)).Descendants("AssemblyName").FirstOrDefault()?.Value ?? Path.GetFileNameWithoutExtension(file);
}
