using RobustMQ.Hosting.Configuration;
using RobustMQ.Records.Topics;
using RobustMQ.Storage;

namespace RobustMQ.StorageNode;

/// <summary>The settings of what a storage-node keeps: <c>data</c> and <c>storage:*</c>.</summary>
public static class NodeOptions
{
    private const int KiB = 1 << 10;
    private const int MiB = 1 << 20;
    private const string NoData = "none";

    public static StorageOptions Read(SettingsReader settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var defaults = new StorageOptions();
        var data = settings.Text("data", "./data", $"directory of everything that is kept; '{NoData}' keeps nothing");
        return new StorageOptions
        {
            DataDirectory = data == NoData ? null : data,
            LogDirectories = settings.Texts("storage:log_directories", "where the segment engine keeps logs: one directory a disk; none: below data"),
            SegmentBytes = (int)settings.Bytes("storage:segment_bytes", defaults.SegmentBytes, 64 * KiB, 1 << 30, "size at which a segment file is full"),
            OpenFilesMax = settings.Number("storage:max_open_files", defaults.OpenFilesMax, 16, 1_000_000, "files that the segment engine keeps open"),
            DurableRetention = new Retention
            {
                MaxBytes = settings.Bytes(
                    "storage:durable:max_bytes", defaults.DurableRetention.MaxBytes, MiB, 1L << 50, "what a namespace's _durable topic keeps, where nothing else takes a subject"),
                MaxAgeMs = (long)settings.Duration(
                    "storage:durable:max_age", TimeSpan.FromMilliseconds(defaults.DurableRetention.MaxAgeMs), TimeSpan.FromSeconds(1), TimeSpan.FromDays(3650),
                    "how long it keeps it").TotalMilliseconds,
            },
            LiveRetention = new Retention
            {
                MaxBytes = settings.Bytes(
                    "storage:live:max_bytes", defaults.LiveRetention.MaxBytes, 64 * KiB, 1L << 40, "live traffic of a namespace that is kept for late readers"),
                MaxAgeMs = (long)settings.Duration(
                    "storage:live:max_age", TimeSpan.FromMilliseconds(defaults.LiveRetention.MaxAgeMs), TimeSpan.FromSeconds(1), TimeSpan.FromDays(7),
                    "how long live traffic is kept").TotalMilliseconds,
            },
            MemoryTopicBytes = settings.Bytes(
                "storage:memory_topic_bytes", defaults.MemoryTopicBytes, MiB, 1L << 40, "limit of a memory topic's partition that names none"),
            BatchBytesMax = (int)settings.Bytes(
                "storage:max_batch", defaults.BatchBytesMax, 64 * KiB, StorageServerOptions.BatchBytesMax, "largest batch of topics that name none"),
            TopicsMax = settings.Number("storage:max_topics", defaults.TopicsMax, 1, 10_000_000, "topics of the node"),
            PartitionsMax = settings.Number("storage:max_partitions", defaults.PartitionsMax, 1, 100_000, "partitions of one topic"),
            NamespacesMax = settings.Number("storage:max_namespaces", defaults.NamespacesMax, 1, 1_000_000, "namespaces that may come into being by first use"),
            LeasesMax = settings.Number("storage:max_leases", defaults.LeasesMax, 1, 100_000_000, "leases of the node"),
            SubscriberQueueBytesMax = (int)settings.Bytes(
                "storage:subscriber_queue", defaults.SubscriberQueueBytesMax, 64 * KiB, 1 << 30,
                "live bytes that wait for one gateway while it is busy; past that its records are left out and counted"),
            RetentionInterval = settings.Duration(
                "storage:retention_interval", defaults.RetentionInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1), "how often retention is applied"),
        };
    }
}
