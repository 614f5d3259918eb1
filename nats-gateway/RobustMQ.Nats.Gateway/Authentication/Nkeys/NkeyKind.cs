namespace RobustMQ.Nats.Gateway.Authentication.Nkeys;

/// <summary>What a key stands for: the first byte of its encoding, whose base 32 form begins with the letter.</summary>
internal enum NkeyKind
{
    Account = 0,
    Server = 13 << 3,
    Operator = 14 << 3,
    User = 20 << 3,
}
