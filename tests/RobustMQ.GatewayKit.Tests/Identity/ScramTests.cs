using System.Text;
using RobustMQ.GatewayKit.Identity.Scram;

namespace RobustMQ.GatewayKit.Tests.Identity;

/// <summary>SCRAM as a server speaks it; the first conversation is the example of RFC 7677, section 3.</summary>
public class ScramTests
{
    private const string ClientFirst = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    private const string ServerNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private const string ServerFirst = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    private const string ClientFinal = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

    private static readonly ScramVerifier Pencil = ScramVerifier.Create(ScramMechanism.Sha256, "pencil", Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);

    [Fact]
    public void The_example_of_the_rfc_is_proven_both_ways()
    {
        var server = Server(Pencil);
        Assert.Equal(ServerFirst, Next(server, ClientFirst));
        Assert.Equal("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", Next(server, ClientFinal));
        Assert.True(server.IsProven);
        Assert.Equal("user", server.User);
        // What comes behind the proof is none of the conversation.
        Assert.Null(Next(server, ClientFinal));
    }

    [Fact]
    public void Another_password_proves_nothing()
    {
        var server = Server(ScramVerifier.Create(ScramMechanism.Sha256, "pen", Pencil.Salt, 4096));
        Next(server, ClientFirst);
        Assert.Null(Next(server, ClientFinal));
        Assert.False(server.IsProven);
    }

    [Theory]
    [InlineData("")]
    [InlineData("n,,")]
    [InlineData("n,,n=user")]
    [InlineData("n,,n=,r=abc")]
    [InlineData("n,,n=user,r=")]
    [InlineData("p=tls-unique,,n=user,r=abc")]
    [InlineData("n,,m=must,n=user,r=abc")]
    [InlineData("n,,n=user,r=abc,m=must")]
    [InlineData("n,,n=user,r=abc,tokenauth=true")]
    [InlineData("n,,n=us=er,r=abc")]
    public void A_first_message_that_is_none_ends_it(string message) => Assert.Null(Next(Server(Pencil), message));

    [Theory]
    [InlineData("c=biws,r=another,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")]
    [InlineData("c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=AAAA")]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=!")]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")]
    [InlineData("")]
    public void A_last_message_that_is_none_ends_it(string message)
    {
        var server = Server(Pencil);
        Next(server, ClientFirst);
        Assert.Null(Next(server, message));
    }

    [Fact]
    public void Names_may_have_commas_and_equal_signs()
    {
        var server = Server(Pencil);
        Assert.NotNull(Next(server, "y,a=x=2Cy,n=a=3Db=2C,r=abc"));
        Assert.Equal(("a=b,", "x,y"), (server.User, server.AuthorizationId));
    }

    [Fact]
    public void A_verifier_is_read_as_it_is_written()
    {
        var text = $"SCRAM-SHA-256$4096:{Convert.ToBase64String(Pencil.Salt)}${Convert.ToBase64String(Pencil.StoredKey)}:{Convert.ToBase64String(Pencil.ServerKey)}";
        Assert.True(ScramVerifier.TryParse(text, out var read));
        Assert.Equal(Pencil.StoredKey, read!.StoredKey);
        Assert.Equal("SCRAM-SHA-256", read.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("SCRAM-SHA-1$4096:AAAA$AAAA:AAAA")]
    [InlineData("SCRAM-SHA-256$0:AAAA$AAAA:AAAA")]
    [InlineData("SCRAM-SHA-256$4096:AAAA$AAAA:AAAA")]
    [InlineData("SCRAM-SHA-256$4096$AAAA")]
    public void Other_texts_are_no_verifier(string text) => Assert.False(ScramVerifier.TryParse(text, out _));

    private static ScramServer Server(ScramVerifier verifier) => new(ScramMechanism.Sha256, _ => verifier, ServerNonce);

    private static string? Next(ScramServer server, string message) => server.Next(Encoding.UTF8.GetBytes(message)) is { } answer ? Encoding.UTF8.GetString(answer) : null;
}
