using RobustMQ.GatewayKit.Storage;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Hosting.Listeners;

namespace RobustMQ.GatewayKit.Tests.Listeners;

/// <summary>What is configured of TLS is either in force or stops the start: nothing of it is passed over.</summary>
public sealed class TlsSettingsTests : IDisposable
{
    private readonly TestCertificates _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Files_that_belong_together_are_taken()
    {
        using var certificate = _files.WriteServer();

        var listener = ReadListener("--nats:tls:certificate", PathOf("server.pem"), "--nats:tls:key", PathOf("server.key"));

        Assert.Equal(PathOf("server.key"), listener.Tls?.KeyFile);
    }

    [Theory]
    [InlineData("--nats:tls:key", "server.key")]
    [InlineData("--nats:tls:client_certificates", "required")]
    [InlineData("--nats:tls:certificate", "")]
    public void Nothing_is_served_in_the_clear_where_anything_of_TLS_is_set(string flag, string value) =>
        Assert.Matches("nats:tls:certificate.* is needed", Mistake(() => ReadListener($"{flag}={value}")));

    [Fact]
    public void A_file_that_is_not_there_is_a_mistake_with_its_path()
    {
        var mistake = Mistake(() => ReadListener("--nats:tls:certificate", PathOf("missing.pem")));

        Assert.StartsWith("flag --nats:tls:certificate: 'nats:tls:certificate' cannot be used", mistake, StringComparison.Ordinal);
        Assert.Contains(PathOf("missing.pem"), mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_of_another_certificate_is_a_mistake()
    {
        using var first = _files.WriteServer();
        File.Move(PathOf("server.key"), PathOf("other.key"));
        using var second = _files.WriteServer();

        Assert.Contains("cannot be used", Mistake(() => ReadListener("--nats:tls:certificate", PathOf("server.pem"), "--nats:tls:key", PathOf("other.key"))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_gateway_does_not_speak_in_the_clear_to_a_storage_node_whose_authority_is_named()
    {
        Assert.Contains("must begin with https://", Mistake(() => ReadStorage("--gateway:storage_tls:ca", _files.AuthorityFile)), StringComparison.Ordinal);
        Assert.NotNull(ReadStorage("--gateway:storage", "https://127.0.0.1:7070", "--gateway:storage_tls:ca", _files.AuthorityFile).ToClientOptions().Tls);
        Assert.Null(ReadStorage("--gateway:storage", "http://127.0.0.1:7070").ToClientOptions().Tls);
    }

    [Fact]
    public void An_authority_of_a_storage_node_that_cannot_be_read_is_a_mistake() =>
        Assert.Contains(PathOf("missing.pem"), Mistake(() => ReadStorage("--gateway:storage", "https://127.0.0.1:7070", "--gateway:storage_tls:ca", PathOf("missing.pem"))), StringComparison.Ordinal);

    private string PathOf(string file) => _files.PathOf(file);

    private static string Mistake(Action read) => Assert.Single(Assert.Throws<ConfigurationException>(read).Mistakes);

    private static ListenerOptions ReadListener(params string[] flags) => Read(static settings => ListenerOptions.Read(settings, "nats", 4222), flags);

    private static StorageConnection ReadStorage(params string[] flags) => Read(StorageConnection.Read, flags);

    private static T Read<T>(Func<SettingsReader, T> read, string[] flags)
    {
        var settings = new SettingsReader(new SettingsSources().AddFlags(flags));
        var value = read(settings);
        settings.ThrowIfWrong();
        return value;
    }
}
