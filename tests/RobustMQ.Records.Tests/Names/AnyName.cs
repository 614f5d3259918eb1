using CsCheck;

namespace RobustMQ.Records.Tests.Names;

/// <summary>Random subjects and filters of few different tokens, so that they meet often.</summary>
internal static class AnyName
{
    public static Gen<string> Subject { get; } = Gen.OneOf("a", "b", "c", "ä").Array[1, 7].Select(tokens => string.Join('.', tokens));

    public static Gen<string> Filter { get; } = FilterOf(7);

    public static Gen<string> FilterOf(int tokensMax) =>
        Gen.Select(Gen.OneOf("a", "b", "*", "**", "**").Array[0, tokensMax - 1], Gen.OneOf("a", "b", "*", "**", ">"))
            .Select((first, last) => string.Join('.', [.. first, last]));
}
