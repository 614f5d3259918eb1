namespace RobustMQ.Records;

/// <summary>A storage call failed where the caller asked for a value rather than for an <see cref="ErrorCode"/>.</summary>
public sealed class StorageException(ErrorCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    public ErrorCode Code { get; } = code;

    public static void ThrowIfError(ErrorCode code, string operation)
    {
        if (code != ErrorCode.None)
            throw new StorageException(code, $"{operation}: {code}");
    }
}
