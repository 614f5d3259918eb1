namespace RobustMQ.Hosting.Listeners;

/// <summary>What a TLS listener wants of clients.</summary>
public enum ClientCertificateMode
{
    None,

    /// <summary>Checked where a client sends one.</summary>
    Optional,
    Required,
}
