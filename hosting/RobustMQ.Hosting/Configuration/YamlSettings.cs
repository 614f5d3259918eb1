using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace RobustMQ.Hosting.Configuration;

/// <summary>Flattens a YAML document into settings, each with its line. Works on parser events: no reflection.</summary>
internal sealed class YamlSettings(string file, SettingsSources sources)
{
    /// <summary>A file nested deeper is a mistake, and must not become a deep recursion.</summary>
    private const int DepthMax = 32;

    private const string NotSupported = "anchors, aliases and tags are not supported";

    private readonly HashSet<string> _seen = new(StringComparer.OrdinalIgnoreCase);

    public void Read(TextReader text)
    {
        var parser = new Parser(text);
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _))
            return;
        ReadNode(parser, string.Empty, 0);
        parser.Consume<DocumentEnd>();
        if (parser.TryConsume<DocumentStart>(out var second))
            Refuse(second.Start, "a second document begins; one file is one document");
    }

    private void ReadNode(Parser parser, string path, int depth)
    {
        if (depth > DepthMax)
            throw new YamlException(parser.Current!.Start, parser.Current.End, $"more than {DepthMax} levels");
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            Refuse(alias.Start, NotSupported);
            return;
        }
        if (parser.Accept<NodeEvent>(out var node) && (!node.Anchor.IsEmpty || !node.Tag.IsEmpty))
            Refuse(node.Start, NotSupported);

        if (parser.TryConsume<Scalar>(out var scalar))
            ReadScalar(scalar, path);
        else if (parser.TryConsume<MappingStart>(out _))
            ReadMapping(parser, path, depth);
        else
            ReadSequence(parser, path, depth);
    }

    private void ReadScalar(Scalar scalar, string path)
    {
        var isEmpty = scalar.Style == ScalarStyle.Plain && scalar.Value is "" or "~" or "null";
        if (isEmpty)
            return;
        if (path.Length == 0)
            Refuse(scalar.Start, "expected 'key: value'");
        else
            sources.Set(path, new Setting(scalar.Value, $"{file} line {scalar.Start.Line}", SettingSource.File));
    }

    private void ReadMapping(Parser parser, string path, int depth)
    {
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>();
            var keyPath = path.Length == 0 ? key.Value : $"{path}:{key.Value}";
            if (!_seen.Add(keyPath))
                Refuse(key.Start, $"'{keyPath}' is here twice");
            ReadNode(parser, keyPath, depth + 1);
        }
    }

    private void ReadSequence(Parser parser, string path, int depth)
    {
        parser.Consume<SequenceStart>();
        for (var index = 0; !parser.TryConsume<SequenceEnd>(out _); index++)
            ReadNode(parser, $"{path}:{index}", depth + 1);
    }

    private void Refuse(in Mark at, string problem) => sources.Refuse($"{file} line {at.Line}: {problem}");
}
