using System.Text.Json;
using RobustMQ.Records;

namespace RobustMQ.Storage.Offline;

/// <summary>What a backup holds (docs/formats/backup.md). Written last: a directory without it is no backup.</summary>
/// <param name="Disks">Log directories that did not lie within the data directory: <c>disks/0</c> and so on.</param>
/// <param name="Within">Log directories that did, as paths within it.</param>
public sealed record BackupManifest(string Format, int Version, string NodeId, long Incarnation, long TakenMs, int Disks, IReadOnlyList<string> Within, IReadOnlyList<BackupFile> Files)
{
    public const string FileName = "manifest.json";

    private const string CurrentFormat = "robustmq-backup";
    private const int CurrentVersion = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true };

    public long Bytes => Files.Sum(static file => file.Bytes);

    internal static BackupManifest Of(string nodeId, long incarnation, long takenMs, DataPlaces places, IReadOnlyList<BackupFile> files) =>
        new(CurrentFormat, CurrentVersion, nodeId, incarnation, takenMs, places.Apart.Count, places.Within, files);

    internal void Write(string backup) => FileCopy.WriteWhole(Path.Combine(backup, FileName), JsonSerializer.SerializeToUtf8Bytes(this, Json));

    /// <exception cref="StorageException">It is no backup, a damaged one or one of a newer version.</exception>
    internal static BackupManifest Read(string backup)
    {
        var path = Path.Combine(backup, FileName);
        if (!File.Exists(path))
            throw new StorageException(ErrorCode.NotFound, $"'{backup}' is no backup, or one that did not come to its end: it has no {FileName}");
        try
        {
            var manifest = JsonSerializer.Deserialize<BackupManifest>(File.ReadAllBytes(path), Json);
            if (manifest is not { Format: CurrentFormat })
                throw new StorageException(ErrorCode.DiskFailure, $"'{path}' is not the manifest of a backup");
            return manifest.Version <= CurrentVersion
                ? manifest
                : throw new StorageException(ErrorCode.Unsupported, $"'{path}' has version {manifest.Version}; this build reads up to {CurrentVersion}");
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new StorageException(ErrorCode.DiskFailure, $"'{path}' cannot be read: {error.Message}", error);
        }
    }
}
