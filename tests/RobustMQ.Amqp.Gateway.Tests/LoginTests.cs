using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using RobustMQ.Amqp.Gateway.Tests.Support;

namespace RobustMQ.Amqp.Gateway.Tests;

/// <summary>Who a client is: by its TLS certificate, or by a password that it may change while it is connected.</summary>
public sealed class LoginTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("robustmq-amqp-tls-").FullName;
    private readonly X509Certificate2 _authority;

    public LoginTests()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test Authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        File.WriteAllText(Path("ca.pem"), _authority.ExportCertificatePem());
        using var server = Issue("CN=localhost");
        File.WriteAllText(Path("server.pem"), server.ExportCertificatePem());
        File.WriteAllText(Path("server.key"), server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_client_certificate_says_who_a_client_is()
    {
        await using var cluster = await AmqpCluster.StartAsync(
            1, "--amqp:tls:certificate", Path("server.pem"), "--amqp:tls:key", Path("server.key"), "--amqp:tls:ca", Path("ca.pem"), "--amqp:tls:client_certificates", "required",
            "--auth:users:0:name", "ann", "--auth:users:0:certificates:0", "CN=ann,O=Example");
        using var ann = Issue("CN=ann, O=Example");
        var channel = await (await cluster.ConnectAsync(configure: factory => UseCertificate(factory, ann))).CreateChannelAsync();
        await channel.QueueAsync("q");
        await channel.SendAsync(string.Empty, "q", "1", static properties => properties.UserId = "ann");
        Assert.Equal("1", await channel.TakeAsync("q"));

        using var stranger = Issue("CN=bob, O=Example");
        var refused = await Assert.ThrowsAsync<BrokerUnreachableException>(() => cluster.ConnectAsync(configure: factory => UseCertificate(factory, stranger)));
        Assert.IsType<AuthenticationFailureException>(refused.InnerException);
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => cluster.ConnectAsync(configure: factory => UseCertificate(factory, null)));
    }

    [Fact]
    public async Task A_secret_can_be_renewed_while_the_connection_stands_and_a_wrong_one_ends_it()
    {
        await using var cluster = await AmqpCluster.StartAsync(1, "--auth:users:0:name", "ann", "--auth:users:0:password", "secret");
        var connection = await cluster.ConnectAsync(configure: static factory => (factory.UserName, factory.Password) = ("ann", "secret"));
        // The client takes the server's last word of the opening for an answer to what it asks next, unless that is a channel.
        await connection.CreateChannelAsync();
        await connection.UpdateSecretAsync("secret", "it was time");
        Assert.True(connection.IsOpen);
        Assert.Equal("530 NOT_ALLOWED - the new secret was refused", await ChannelExtensions.RefusalOfAsync(() => connection.UpdateSecretAsync("wrong", "it was time")));
        Assert.False(connection.IsOpen);
    }

    private static void UseCertificate(ConnectionFactory factory, X509Certificate2? certificate)
    {
        factory.AuthMechanisms = [new ExternalMechanismFactory()];
        factory.Ssl = new SslOption("localhost")
        {
            Enabled = true,
            AcceptablePolicyErrors = SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch,
            Certs = certificate is null ? [] : [certificate],
        };
    }

    private X509Certificate2 Issue(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(_authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(7), RandomNumberGenerator.GetBytes(8));
        using var withKey = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }

    private string Path(string file) => System.IO.Path.Combine(_folder, file);
}
