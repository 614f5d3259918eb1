using System.Net;
using System.Security.Cryptography.X509Certificates;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Kafka.Gateway.Records;
using RobustMQ.Kafka.Gateway.Security;

namespace RobustMQ.Kafka.Gateway.Connections;

/// <summary>One client's socket as handlers see it. The session that reads the socket owns it; only counters are read by others.</summary>
internal sealed class KafkaConnection(long id, EndPoint? remote, X509Certificate2? certificate)
{
    private long _bytesIn;
    private long _bytesOut;
    private long _recordsIn;
    private long _recordsStored;
    private long _recordsOut;
    private FetchSession? _fetchSession;

    public long Id => id;

    public IPAddress? RemoteAddress => (remote as IPEndPoint)?.Address;

    /// <summary>As Kafka shows a client's host.</summary>
    public string ClientHost => $"/{RemoteAddress?.ToString() ?? "unknown"}";

    public X509Certificate2? Certificate => certificate;

    /// <summary>Null until the client is somebody.</summary>
    public UserIdentity? Identity { get; set; }

    /// <summary>By a password; not as anybody, and not by its certificate alone.</summary>
    public bool HasLoggedIn { get; set; }

    /// <summary>A login under way; null before and after.</summary>
    public SaslExchange? Sasl { get; set; }

    /// <summary>What incremental fetches of this connection refer to. One that is replaced, or set to null, is over.</summary>
    public FetchSession? FetchSession
    {
        get => _fetchSession;
        set
        {
            _fetchSession?.End();
            _fetchSession = value;
        }
    }

    public long BytesIn => Interlocked.Read(ref _bytesIn);

    public long BytesOut => Interlocked.Read(ref _bytesOut);

    public long RecordsIn => Interlocked.Read(ref _recordsIn);

    public long RecordsStored => Interlocked.Read(ref _recordsStored);

    public long RecordsOut => Interlocked.Read(ref _recordsOut);

    public void CountIn(long bytes) => Interlocked.Add(ref _bytesIn, bytes);

    public void CountOut(long bytes) => Interlocked.Add(ref _bytesOut, bytes);

    public void CountProduced(long records) => Interlocked.Add(ref _recordsIn, records);

    public void CountStored(long records) => Interlocked.Add(ref _recordsStored, records);

    public void CountFetched(long records) => Interlocked.Add(ref _recordsOut, records);
}
