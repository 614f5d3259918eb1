namespace RobustMQ.Hosting.Configuration;

/// <summary>What a key means; collected while options are read, for <c>--help</c>.</summary>
/// <param name="Key">Path with <c>:</c>; list items as <c>[]</c>.</param>
public sealed record SettingDescription(string Key, string Type, string Default, string Reason);
