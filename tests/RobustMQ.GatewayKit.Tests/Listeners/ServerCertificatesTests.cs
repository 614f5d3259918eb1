using System.Security.Cryptography.X509Certificates;
using RobustMQ.Hosting.Listeners;
using RobustMQ.Hosting.Processes;

namespace RobustMQ.GatewayKit.Tests.Listeners;

/// <summary>A listener's certificates while their files are renewed, in the ways in which tools do that.</summary>
public sealed class ServerCertificatesTests : IDisposable
{
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(10);

    private readonly TestCertificates _files = new();
    private readonly TestClock _clock = new();
    private readonly LogLines<ServerCertificates> _log = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void A_renewed_certificate_is_served_by_the_handshakes_of_ten_seconds_later()
    {
        using var first = _files.WriteServer();
        var served = Open();
        using var second = _files.WriteServer();

        Assert.Equal(first.Thumbprint, ThumbprintOf(served));
        _clock.Advance(Later);
        Assert.Equal(second.Thumbprint, ThumbprintOf(served));
        Assert.Contains("was renewed", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_is_written_after_its_certificate_is_waited_for_and_the_operator_is_told_once()
    {
        using var first = _files.WriteServer();
        var served = Open();
        var oldKey = File.ReadAllText(_files.PathOf("server.key"));
        using var second = _files.WriteServer();
        var newKey = File.ReadAllText(_files.PathOf("server.key"));
        File.WriteAllText(_files.PathOf("server.key"), oldKey);

        for (var check = 0; check < 3; check++)
        {
            _clock.Advance(Later);
            Assert.Equal(first.Thumbprint, ThumbprintOf(served));
        }
        Assert.Contains("cannot be used", Assert.Single(_log.Lines), StringComparison.Ordinal);

        File.WriteAllText(_files.PathOf("server.key"), newKey);
        _clock.Advance(Later);
        Assert.Equal(second.Thumbprint, ThumbprintOf(served));
    }

    [Fact]
    public void A_certificate_that_is_gone_for_a_while_is_served_on()
    {
        using var first = _files.WriteServer();
        var served = Open();
        File.Delete(_files.PathOf("server.pem"));

        _clock.Advance(Later);
        Assert.Equal(first.Thumbprint, ThumbprintOf(served));

        using var second = _files.WriteServer();
        _clock.Advance(Later);
        Assert.Equal(second.Thumbprint, ThumbprintOf(served));
    }

    /// <summary>As Kubernetes does it: the files are links into a folder that is itself a link, and only that one changes.</summary>
    [Fact]
    public void Links_that_lead_to_other_files_from_one_moment_to_the_next_are_followed()
    {
        using var first = WriteServerInto("one");
        using var second = WriteServerInto("two");
        Directory.CreateSymbolicLink(_files.PathOf("current"), "one");
        foreach (var name in (string[])["server.pem", "server.key"])
        {
            File.Delete(_files.PathOf(name));
            File.CreateSymbolicLink(_files.PathOf(name), Path.Combine("current", name));
        }
        var served = Open();
        Assert.Equal(first.Thumbprint, ThumbprintOf(served));

        Directory.Delete(_files.PathOf("current"));
        Directory.CreateSymbolicLink(_files.PathOf("current"), "two");
        _clock.Advance(Later);
        Assert.Equal(second.Thumbprint, ThumbprintOf(served));
    }

    [Fact]
    public void Clients_of_a_renewed_authority_are_let_in_without_a_restart()
    {
        using var server = _files.WriteServer();
        using var others = new TestCertificates();
        using var client = others.Issue("CN=ann");
        var served = Open(ClientCertificateMode.Required);
        Assert.False(LetsIn(served, client));

        File.WriteAllText(_files.AuthorityFile, others.Authority.ExportCertificatePem());
        _clock.Advance(Later);
        Assert.True(LetsIn(served, client));
    }

    [Fact]
    public void A_file_without_an_authority_stops_the_start_with_its_path()
    {
        using var server = _files.WriteServer();
        File.WriteAllText(_files.AuthorityFile, "");

        var error = Assert.Throws<StartException>(() => Open(ClientCertificateMode.Required));
        Assert.Contains(_files.AuthorityFile, error.Message, StringComparison.Ordinal);
    }

    private static string ThumbprintOf(ServerCertificates served) => served.ForHandshake().ServerCertificateContext!.TargetCertificate.Thumbprint;

    private static bool LetsIn(ServerCertificates served, X509Certificate2 client) =>
        served.ForHandshake().RemoteCertificateValidationCallback!(served, client, null, System.Net.Security.SslPolicyErrors.RemoteCertificateChainErrors);

    private ServerCertificates Open(ClientCertificateMode mode = ClientCertificateMode.None) => new(
        new TlsOptions
        {
            CertificateFile = _files.PathOf("server.pem"),
            KeyFile = _files.PathOf("server.key"),
            AuthorityFile = mode == ClientCertificateMode.None ? null : _files.AuthorityFile,
            ClientCertificates = mode,
            HandshakeTimeout = TimeSpan.FromSeconds(5),
        },
        _clock,
        _log);

    private X509Certificate2 WriteServerInto(string folder)
    {
        var certificate = _files.WriteServer();
        Directory.CreateDirectory(_files.PathOf(folder));
        foreach (var name in (string[])["server.pem", "server.key"])
            File.Copy(_files.PathOf(name), Path.Combine(_files.PathOf(folder), name));
        return certificate;
    }
}
