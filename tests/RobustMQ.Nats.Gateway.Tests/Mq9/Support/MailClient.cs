using System.Net;
using System.Text;
using System.Text.Json;

namespace RobustMQ.Nats.Gateway.Tests.Mq9.Support;

/// <summary>Asks as any NATS client does: one inbox, a reply subject for each request.</summary>
internal sealed class MailClient : IDisposable
{
    private static int _clients;

    private readonly RawClient _raw;
    private readonly string _inbox = $"_INBOX.t{Interlocked.Increment(ref _clients)}";
    private int _requests;

    private MailClient(RawClient raw) => _raw = raw;

    public RawClient Raw => _raw;

    public static async Task<MailClient> ConnectAsync(IPEndPoint endPoint, string connect)
    {
        var client = new MailClient(await RawClient.ConnectAsync(endPoint, connect));
        await client._raw.RoundTripAsync($"SUB {client._inbox}.* inbox\r\n");
        return client;
    }

    /// <param name="subject">Behind <c>$mq9.AI.</c>.</param>
    /// <param name="headers">Lines of <c>Name: value</c>.</param>
    /// <returns>The answer's JSON as it came.</returns>
    public async Task<string> AskAsync(string subject, string payload = "", params string[] headers)
    {
        await SendAsync(subject, payload, headers);
        return await ReadAnswerAsync();
    }

    /// <summary>Sends a request whose answer <see cref="ReadAnswerAsync"/> reads.</summary>
    public Task SendAsync(string subject, string payload = "", params string[] headers) => SendAsync(subject, Encoding.UTF8.GetBytes(payload), headers);

    public async Task SendAsync(string subject, byte[] payload, params string[] headers)
    {
        var reply = $"{_inbox}.{++_requests}";
        var block = headers.Length == 0 ? [] : Encoding.UTF8.GetBytes($"NATS/1.0\r\n{string.Concat(headers.Select(line => line + "\r\n"))}\r\n");
        var line = headers.Length == 0
            ? $"PUB $mq9.AI.{subject} {reply} {payload.Length}\r\n"
            : $"HPUB $mq9.AI.{subject} {reply} {block.Length} {block.Length + payload.Length}\r\n";
        await _raw.SendAsync([.. Encoding.UTF8.GetBytes(line), .. block, .. payload, .. "\r\n"u8]);
    }

    public async Task<string> ReadAnswerAsync()
    {
        await _raw.ReadUntilAsync($"MSG {_inbox}.");
        await _raw.ReadUntilAsync("\r\n");
        // JSON holds no line end of its own. The socket is read as Latin-1.
        var answer = await _raw.ReadUntilAsync("\r\n");
        return Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(answer[..^2]));
    }

    public async Task<JsonElement> AskJsonAsync(string subject, string payload = "", params string[] headers) =>
        JsonDocument.Parse(await AskAsync(subject, payload, headers)).RootElement;

    /// <summary>Creates a mailbox, fails where that does.</summary>
    public async Task CreateAsync(string address, string more = "")
    {
        Assert.Equal($$"""{"mail_address":"{{address}}","mail_id":"{{address}}"}""", await AskAsync("MAILBOX.CREATE", $$"""{"name":"{{address}}"{{more}}}"""));
    }

    /// <summary>Payloads of a FETCH or QUERY, in order.</summary>
    public async Task<string[]> TakeAsync(string subject, string payload = "") =>
        [.. (await AskJsonAsync(subject, payload)).GetProperty("messages").EnumerateArray().Select(message => Encoding.UTF8.GetString(message.GetProperty("payload").GetBytesFromBase64()))];

    public void Dispose() => _raw.Dispose();
}
