using System.Text;
using BenchmarkDotNet.Attributes;
using RobustMQ.Records.Subjects;

namespace RobustMQ.Benchmarks.Subjects;

/// <summary>What it costs to find who wants a subject, among thousands of filters.</summary>
public class SubjectTrieMatch
{
    private readonly SubjectTrie<string> _trie = new(hasAnyToken: false);
    private readonly List<string> _matches = new(16);
    private readonly byte[] _subject = "orders.eu.42"u8.ToArray();

    [GlobalSetup]
    public void Setup()
    {
        for (var i = 0; i < 5000; i++)
            _trie.Add(Encoding.ASCII.GetBytes($"orders.r{i % 70}.{i}"), "literal");
        foreach (var filter in (string[])["orders.eu.42", "orders.*.42", "orders.>", ">"])
            _trie.Add(Encoding.ASCII.GetBytes(filter), filter);
    }

    [Benchmark(Baseline = true)]
    public int Match()
    {
        _matches.Clear();
        _trie.Match(_subject, _matches);
        return _matches.Count;
    }

    [Benchmark]
    public bool HasMatch() => _trie.HasMatch(_subject);
}
