using RobustMQ.Records;

namespace RobustMQ.Storage.Client.Mapping;

/// <summary>Error codes have the same numbers on the wire.</summary>
internal static class Errors
{
    public static ErrorCode Code(Protos.V1.Error? error) => error is null ? ErrorCode.None : (ErrorCode)error.Code;

    public static string? Message(Protos.V1.Error? error) => error is { Message.Length: > 0 } ? error.Message : null;
}
