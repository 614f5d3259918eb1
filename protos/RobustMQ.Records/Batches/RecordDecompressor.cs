namespace RobustMQ.Records.Batches;

/// <summary>Opens the records of a compressed batch.</summary>
public static class RecordDecompressor
{
}
