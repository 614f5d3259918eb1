using RobustMQ.Protos.V1;

namespace RobustMQ.StorageNode.Services;

/// <summary>Consumers are specified and not served by this version: every call answers UNIMPLEMENTED.</summary>
internal sealed class ConsumerCalls : ConsumerService.ConsumerServiceBase;
