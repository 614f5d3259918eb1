namespace RobustMQ.Hosting.Configuration;

/// <summary>Where a setting comes from, in order of increasing weight.</summary>
public enum SettingSource
{
    File,
    Environment,
    Flag,
}
