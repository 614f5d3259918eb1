using System.Text.RegularExpressions;

namespace RobustMQ.Architecture.Tests;

/// <summary>What the documents say shows something must be there to show it.</summary>
public partial class DocumentTests
{
    private static readonly Dictionary<string, string> TestFiles = Repository.Sources
        .Where(static file => file.StartsWith("tests/", StringComparison.Ordinal))
        .GroupBy(static file => Path.GetFileNameWithoutExtension(file))
        .ToDictionary(static files => files.Key, static files => string.Concat(files.Select(Repository.Read)));

    public static TheoryData<string> Documents => new(Repository.Files.Where(static file => file.StartsWith("docs/", StringComparison.Ordinal) && file.EndsWith(".md", StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_test_that_a_document_names_exists(string document) =>
        Assert.DoesNotContain(CodeSpan().Matches(Repository.Read(document)).Select(static match => match.Groups[1].Value).Distinct(), IsMissingTest);

    [Fact]
    public void The_search_finds_the_names_that_a_document_gives() =>
        Assert.True(CodeSpan().Matches(Repository.Read("docs/protocols/mqtt.md")).Count(static match => TestName().IsMatch(match.Groups[1].Value)) > 50);

    /// <summary><c>SomeTests</c>, <c>SomeTests.A_test</c>, <c>A_test</c>, or the beginning of its name with three dots.</summary>
    private static bool IsMissingTest(string name)
    {
        if (ClassName().IsMatch(name))
            return !TestFiles.ContainsKey(name);
        var parts = TestName().Match(name);
        if (!parts.Success)
            return false;
        var sources = parts.Groups["class"].Success ? [TestFiles.GetValueOrDefault(parts.Groups["class"].Value, "")] : TestFiles.Values.ToArray();
        var declaration = $@"(void|Task) {parts.Groups["test"].Value}{(parts.Groups["more"].Success ? "" : @"\(")}";
        return !sources.Any(source => Regex.IsMatch(source, declaration));
    }

    [GeneratedRegex("`([A-Za-z0-9_.]+)`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex("^[A-Z][A-Za-z0-9]*Tests$")]
    private static partial Regex ClassName();

    /// <summary>A sentence: at least three words, of which not all are capitals.</summary>
    [GeneratedRegex(@"^((?<class>[A-Z][A-Za-z0-9]*Tests)\.)?(?<test>[A-Z](?=[A-Za-z0-9_]*[a-z])[A-Za-z0-9]*(_[A-Za-z0-9]+){2,})(?<more>\.\.\.)?$")]
    private static partial Regex TestName();
}
