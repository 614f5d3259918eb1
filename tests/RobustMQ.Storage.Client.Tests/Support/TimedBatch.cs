using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Client.Tests.Support;

/// <summary>Records that tell when they were made.</summary>
internal static class TimedBatch
{
    public static byte[] Record(string subject, string value, long timestampMs, long? expiresAtMs = null)
    {
        using var builder = new RecordBatchBuilder();
        var headers = new RecordHeadersBuilder();
        if (expiresAtMs is { } expires)
            headers.Add(RecordHeaderNames.ExpiresAt, Encoding.UTF8.GetBytes($"{expires}"));
        builder.Append(timestampMs, RecordAttributes.KeyIsSubject, Encoding.UTF8.GetBytes(subject), Encoding.UTF8.GetBytes(value), headers);
        return builder.Build().ToArray();
    }
}
