using System.Diagnostics;

namespace RobustMQ.Fuzz;

/// <summary>
/// Feeds a target its corpus, and mutations of it. By default a fixed number of rounds from a fixed seed, the same in every run. Longer:
/// <c>ROBUSTMQ_FUZZ_SECONDS=600 dotnet test tests/RobustMQ.Fuzz</c> runs each target that long from a seed of its own, which <c>ROBUSTMQ_FUZZ_SEED</c> repeats.
/// </summary>
internal static class Fuzzing
{
    private const int DefaultSeed = 20261123;

    public static void Run(string folder, int rounds, Action<byte[], Mutation> target)
    {
        var corpus = Corpus.Read(folder);
        Assert.NotEmpty(corpus);
        var seconds = Number("ROBUSTMQ_FUZZ_SECONDS");
        var firstSeed = Number("ROBUSTMQ_FUZZ_SEED") ?? (seconds is null ? DefaultSeed : Environment.TickCount & int.MaxValue);

        foreach (var input in corpus)
            Try(folder, input, firstSeed, target, new Mutation(new Random(firstSeed), corpus));
        var clock = Stopwatch.StartNew();
        for (var round = 0; seconds is null ? round < rounds : clock.Elapsed.TotalSeconds < seconds; round++)
        {
            var seed = unchecked(firstSeed + round);
            var mutation = new Mutation(new Random(seed), corpus);
            Try(folder, mutation.Next(), seed, target, mutation);
        }
    }

    private static void Try(string folder, byte[] input, int seed, Action<byte[], Mutation> target, Mutation mutation)
    {
        try
        {
            target(input, mutation);
        }
        catch (Exception error)
        {
            Assert.Fail($"{folder}: ROBUSTMQ_FUZZ_SEED={seed}, input for the corpus (.hex): {Convert.ToHexString(input)}{Environment.NewLine}{error}");
        }
    }

    private static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), out var value) ? value : null;
}
