namespace RobustMQ.Architecture.Tests;

public class LayoutTests
{
    /// <summary>Lines of a source file: a longer one is two concepts.</summary>
    private const int LinesMax = 600;

    public static TheoryData<string> Projects => new(Repository.Projects);

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_has_a_folder_of_its_own_name_inside_a_folder_of_the_system(string project)
    {
        var levels = project.Split('/');

        Assert.Equal(3, levels.Length);
        Assert.Equal($"{levels[1]}.csproj", levels[2]);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_is_part_of_the_solution(string project) => Assert.Contains(project.Replace('/', '\\'), Repository.Read("RobustMQ.sln"), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_takes_package_versions_from_the_one_list(string project) =>
        Assert.DoesNotMatch("<PackageReference[^>]*Version=", Repository.Read(project));

    [Fact]
    public void No_source_file_is_longer_than_a_reader_can_hold()
    {
        Assert.True(Repository.Sources.Count > 300, "the sources were not found");
        Assert.DoesNotContain(Repository.Sources, file => File.ReadLines(Path.Combine(Repository.Root, file)).Count() > LinesMax);
    }

    [Fact]
    public void No_source_file_leaves_work_for_later()
    {
        string[] marks = ["NotImplemented" + "Exception", "// TO" + "DO", "// FIX" + "ME", "// HA" + "CK"];

        Assert.DoesNotContain(Repository.Sources, file => marks.Any(mark => Repository.Read(file).Contains(mark, StringComparison.Ordinal)));
    }

    [Fact]
    public void No_test_sleeps() =>
        Assert.DoesNotContain(
            Repository.Sources, file => file.StartsWith("tests/", StringComparison.Ordinal) && Repository.Read(file).Contains("Thread." + "Sleep(", StringComparison.Ordinal));
}
