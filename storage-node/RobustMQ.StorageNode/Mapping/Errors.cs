using RobustMQ.Records;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.StorageNode.Mapping;

/// <summary>Error codes have the same numbers on the wire; no error is no message.</summary>
internal static class Errors
{
    public static Proto.Error? ToMessage(ErrorCode code, string? message = null) =>
        code == ErrorCode.None ? null : new Proto.Error { Code = (Proto.ErrorCode)code, Message = message ?? string.Empty };
}
