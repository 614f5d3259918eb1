using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>A socket that says what no client would.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TcpClient _socket = new();
    private int _lastCorrelation;
    private int _lastAnswered;

    private RawClient()
    {
    }

    public static async Task<RawClient> ConnectAsync(KafkaGateway gateway)
    {
        var client = new RawClient();
        await client._socket.ConnectAsync(IPEndPoint.Parse(new Uri(gateway.Listeners[0].Address).Authority));
        return client;
    }

    /// <summary>One that has logged in by PLAIN.</summary>
    public static async Task<RawClient> LogInAsync(KafkaGateway gateway, string user, string password)
    {
        var client = await ConnectAsync(gateway);
        await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new SaslHandshakeRequest { Mechanism = "PLAIN" }, 1);
        var login = await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new SaslAuthenticateRequest { Message = Encoding.UTF8.GetBytes($"\0{user}\0{password}") }, 2);
        Assert.Equal(KafkaError.None, login.Error);
        return client;
    }

    /// <summary>Sends bytes as they are.</summary>
    public async Task SendAsync(byte[] bytes) => await _socket.GetStream().WriteAsync(bytes);

    public async Task<TResponse> AskAsync<TRequest, TResponse>(TRequest request, short version)
        where TRequest : IKafkaRequest
        where TResponse : IWireItem, new()
    {
        await SendAsync(request, version);
        return await ReceiveAsync<TRequest, TResponse>(version);
    }

    /// <summary>Sends a request whose answer is taken later.</summary>
    public async Task SendAsync<TRequest>(TRequest request, short version)
        where TRequest : IKafkaRequest => await SendAsync(Frame(request, version, ++_lastCorrelation));

    /// <summary>The answer to the first request that has none.</summary>
    public async Task<TResponse> ReceiveAsync<TRequest, TResponse>(short version)
        where TRequest : IKafkaRequest
        where TResponse : IWireItem, new()
    {
        var frame = await ReceiveAsync();
        Assert.NotNull(frame);
        Assert.Equal(++_lastAnswered, BinaryPrimitives.ReadInt32BigEndian(frame));
        var reader = new WireReader(frame.AsMemory(sizeof(int) + (TRequest.Api.HasFlexibleResponseHeader(version) ? 1 : 0)), version, TRequest.Api.IsFlexible(version));
        var response = new TResponse();
        response.Carry(ref reader);
        Assert.True(reader is { IsMalformed: false, BytesLeft: 0 });
        return response;
    }

    /// <summary>The next answer without its length; null where the gateway has hung up.</summary>
    public async Task<byte[]?> ReceiveAsync()
    {
        using var late = new CancellationTokenSource(Patience);
        var stream = _socket.GetStream();
        var prefix = new byte[sizeof(int)];
        try
        {
            if (await stream.ReadAtLeastAsync(prefix, prefix.Length, throwOnEndOfStream: false, late.Token) < prefix.Length)
                return null;
            var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(prefix)];
            await stream.ReadExactlyAsync(frame, late.Token);
            return frame;
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Dispose() => _socket.Dispose();

    public static byte[] Frame<TRequest>(TRequest request, short version, int correlation = 1)
        where TRequest : IKafkaRequest
    {
        var output = new ArrayBufferWriter<byte>();
        output.Advance(Write(output.GetSpan(15), TRequest.Api, version, correlation));
        var writer = new WireWriter(output, version, TRequest.Api.IsFlexible(version));
        request.Carry(ref writer);
        writer.Complete();
        var frame = output.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - sizeof(int));
        return frame;
    }

    /// <summary>A request's header with the client id null.</summary>
    private static int Write(Span<byte> header, KafkaApi api, short version, int correlation)
    {
        BinaryPrimitives.WriteInt16BigEndian(header[4..], (short)api.Key);
        BinaryPrimitives.WriteInt16BigEndian(header[6..], version);
        BinaryPrimitives.WriteInt32BigEndian(header[8..], correlation);
        BinaryPrimitives.WriteInt16BigEndian(header[12..], -1);
        if (!api.IsFlexible(version))
            return 14;
        header[14] = 0;
        return 15;
    }
}
