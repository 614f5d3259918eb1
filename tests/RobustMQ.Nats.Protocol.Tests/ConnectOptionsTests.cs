using System.Text;

namespace RobustMQ.Nats.Protocol.Tests;

public class ConnectOptionsTests
{
    [Fact]
    public void Absent_fields_have_the_defaults_of_nats_server()
    {
        Assert.True(ConnectOptions.TryParse("{}"u8, out var options));

        Assert.True(options.Verbose);
        Assert.True(options.Echo);
        Assert.False(options.Pedantic || options.Headers || options.NoResponders || options.TlsRequired);
        Assert.Equal(0, options.Protocol);
        Assert.Null(options.Name ?? options.User ?? options.Password ?? options.Token ?? options.Nkey ?? options.Jwt ?? options.Signature ?? options.Language ?? options.Version);
    }

    [Fact]
    public void Every_field_is_read()
    {
        var json = """
            {"verbose":false,"pedantic":true,"echo":false,"headers":true,"no_responders":true,"tls_required":true,"protocol":1,"name":"n","lang":"l","version":"v",
             "user":"u","pass":"p","auth_token":"t","nkey":"k","jwt":"j","sig":"s"}
            """;
        Assert.True(ConnectOptions.TryParse(Encoding.UTF8.GetBytes(json), out var options));

        Assert.False(options.Verbose || options.Echo);
        Assert.True(options.Pedantic && options.Headers && options.NoResponders && options.TlsRequired);
        Assert.Equal(1, options.Protocol);
        Assert.Equal(
            "n l v u p t k j s",
            $"{options.Name} {options.Language} {options.Version} {options.User} {options.Password} {options.Token} {options.Nkey} {options.Jwt} {options.Signature}");
    }

    [Theory]
    [InlineData("""{"VERBOSE":false,"Name":"x","unknown":{"a":[1,{}]},"more":[[]]}""")]
    [InlineData("""  {"verbose":false , "name":"x" }  """)]
    [InlineData("""{"verbose":false,"name":"x","user":null,"protocol":null}""")]
    [InlineData("""{"name":"y","verbose":false,"name":"x"}""")]
    public void The_object_is_read_as_Go_reads_it(string json)
    {
        Assert.True(ConnectOptions.TryParse(Encoding.UTF8.GetBytes(json), out var options));
        Assert.False(options.Verbose);
        Assert.Equal("x", options.Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("{}x")]
    [InlineData("{}{}")]
    [InlineData("""{"verbose":"yes"}""")]
    [InlineData("""{"protocol":"1"}""")]
    [InlineData("""{"protocol":1.5}""")]
    [InlineData("""{"protocol":99999999999}""")]
    [InlineData("""{"name":1}""")]
    [InlineData("""{"name":"\ud800"}""")]
    [InlineData("""{"a":[}""")]
    public void Anything_else_is_refused_without_an_exception(string json) => Assert.False(ConnectOptions.TryParse(Encoding.UTF8.GetBytes(json), out _));

    [Fact]
    public void Deep_nesting_is_refused_without_an_exception() =>
        Assert.False(ConnectOptions.TryParse(Encoding.UTF8.GetBytes("{\"a\":" + new string('[', 2000) + new string(']', 2000) + "}"), out _));

    [Fact]
    public void Bytes_that_are_no_UTF_8_become_replacement_characters()
    {
        Assert.True(ConnectOptions.TryParse([.. "{\"name\":\"a"u8, 0xff, .. "b\"}"u8], out var options));
        Assert.Equal("a�b", options.Name);
    }

    [Fact]
    public void Every_prefix_of_an_object_is_refused()
    {
        var json = """{"verbose":false,"name":"\u00e4 x","extra":[1,{"a":null}]}"""u8.ToArray();
        for (var length = 0; length < json.Length; length++)
            Assert.False(ConnectOptions.TryParse(json.AsSpan(0, length), out _), $"{length} bytes");
    }
}
