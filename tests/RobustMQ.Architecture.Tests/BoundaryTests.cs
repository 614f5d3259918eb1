using System.Reflection;

namespace RobustMQ.Architecture.Tests;

/// <summary>What stays behind a door stays there: the storage engine's library and the generated types of the gRPC contract.</summary>
public class BoundaryTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Fact]
    public void RocksDB_is_named_in_its_engine_only()
    {
        var users = ProductSources().Where(file => Repository.Read(file).Contains("RocksDbSharp", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(users);
        Assert.All(users, file => Assert.StartsWith("storage-node/RobustMQ.Storage/Engines/RocksDb/", file, StringComparison.Ordinal));
    }

    [Fact]
    public void Generated_types_are_named_by_the_node_and_its_client_only()
    {
        var users = ProductSources().Where(file => Repository.Read(file).Contains("RobustMQ.Protos", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(users);
        Assert.All(users, file => Assert.Matches("^storage-node/RobustMQ.(StorageNode|Storage.Client)/", file));
    }

    [Theory]
    [InlineData("RobustMQ.StorageNode")]
    [InlineData("RobustMQ.Storage.Client")]
    public void No_public_member_shows_a_generated_type(string project)
    {
        var shown = Product.Load(project).GetExportedTypes()
            .SelectMany(type => ShownTypes(type).Select(shown => (Where: type.FullName, Shown: shown)))
            .Where(pair => IsGenerated(pair.Shown))
            .Select(pair => $"{pair.Where} shows {pair.Shown}");

        Assert.Empty(shown);
    }

    [Theory]
    [InlineData("RobustMQ.Storage")]
    [InlineData("RobustMQ.Storage.Embedded")]
    public void No_public_member_shows_a_type_of_RocksDB(string project) =>
        Assert.DoesNotContain(Product.Load(project).GetExportedTypes().SelectMany(ShownTypes), type => type.Assembly.GetName().Name == "RocksDbSharp");

    [Fact]
    public void The_search_for_shown_types_finds_generated_ones_where_they_are() =>
        Assert.Contains(Product.Load("RobustMQ.Protos").GetExportedTypes().SelectMany(ShownTypes), IsGenerated);

    [Fact]
    public void The_vocabulary_does_no_input_or_output()
    {
        string[] doors = ["System.Net.Sockets", "System.Net.Http", "System.IO.Pipes", "Microsoft.AspNetCore"];
        foreach (var project in Product.Projects.Where(project => project == "RobustMQ.Records" || project.EndsWith(".Protocol", StringComparison.Ordinal)))
            Assert.DoesNotContain(Product.UsedBy(project), name => doors.Any(door => name.StartsWith(door, StringComparison.Ordinal)));
    }

    private static IEnumerable<string> ProductSources() => Repository.Sources.Where(file => !file.StartsWith("tests/", StringComparison.Ordinal));

    private static bool IsGenerated(Type type) => type.Namespace?.StartsWith("RobustMQ.Protos", StringComparison.Ordinal) == true;

    /// <summary>Types in the signatures of a type's public and protected members, its bases and its interfaces; of generic types the arguments too.</summary>
    private static IEnumerable<Type> ShownTypes(Type type)
    {
        var members = type.GetMembers(Declared).Where(IsShown);
        return members.SelectMany(TypesOf).Concat(type.GetInterfaces()).Append(type.BaseType).OfType<Type>().SelectMany(Unfold);
    }

    private static bool IsShown(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        PropertyInfo property => property.GetAccessors().Length > 0,
        EventInfo @event => @event.AddMethod is { IsPublic: true },
        _ => false,
    };

    private static IEnumerable<Type?> TypesOf(MemberInfo member) => member switch
    {
        MethodInfo method => method.GetParameters().Select(parameter => (Type?)parameter.ParameterType).Append(method.ReturnType),
        ConstructorInfo constructor => constructor.GetParameters().Select(parameter => (Type?)parameter.ParameterType),
        FieldInfo field => [field.FieldType],
        PropertyInfo property => [property.PropertyType],
        EventInfo @event => [@event.EventHandlerType],
        _ => [],
    };

    private static IEnumerable<Type> Unfold(Type type) =>
        type.HasElementType ? Unfold(type.GetElementType()!)
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(Unfold).Append(type)
        : [type];
}
