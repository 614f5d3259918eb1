using RobustMQ.Hosting.Configuration;
using RobustMQ.Storage;

namespace RobustMQ.Start;

internal static class EmbeddedStorageOptions
{
    public static StorageOptions Read(SettingsReader settings)
    {
        var data = settings.Text("data", "./data", "directory of everything that is kept; 'none' keeps nothing");
        return new StorageOptions { DataDirectory = data == "none" ? null : data };
    }
}
