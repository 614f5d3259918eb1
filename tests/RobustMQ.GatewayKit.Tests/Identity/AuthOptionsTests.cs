using RobustMQ.GatewayKit.Identity;
using RobustMQ.Hosting.Configuration;

namespace RobustMQ.GatewayKit.Tests.Identity;

public sealed class AuthOptionsTests
{
    [Fact]
    public void Users_are_read_with_their_permissions()
    {
        var options = Read(
            """
            auth:
              no_auth_user: guest
              default_permissions:
                subscribe: public.>
              users:
                - name: ann
                  password: $2b$04$abc
                  namespace: shop
                  certificates: ["CN=ann"]
                  permissions:
                    publish: [orders.>, "audit"]
                    subscribe:
                      allow: ["orders.> workers", _INBOX.>]
                      deny: orders.secret
                    allow_responses:
                      max: 5
                      expires: 1m
                - name: guest
                  token: abc
                  permissions:
                    allow_responses: true
            """);

        var ann = options.Users[0];
        Assert.Equal("shop", ann.Namespace.Value);
        Assert.Equal(["orders.>", "audit"], ann.Permissions!.PublishAllow);
        Assert.Equal(["orders.> workers", "_INBOX.>"], ann.Permissions.SubscribeAllow);
        Assert.Equal(["orders.secret"], ann.Permissions.SubscribeDeny);
        Assert.Equal(new ResponseAllowance(5, TimeSpan.FromMinutes(1)), ann.Permissions.Responses);
        Assert.Equal(new ResponseAllowance(1, TimeSpan.FromMinutes(2)), options.Users[1].Permissions!.Responses);
        Assert.Equal(["public.>"], options.DefaultPermissions!.SubscribeAllow);
        Assert.Equal("guest", options.NoAuthUser);
    }

    [Theory]
    [InlineData("auth:\n  users:\n    - name: ann\n", "test.yaml line 3: 'auth:users:0:name' has no way to log in")]
    [InlineData("auth:\n  users:\n    - password: x\n", "auth:users:0:name: is required")]
    [InlineData("auth:\n  users:\n    - name: a\n      token: x\n    - name: a\n      token: y\n", "test.yaml line 5: 'auth:users:1:name' is the name of an earlier user")]
    [InlineData("auth:\n  no_auth_user: x\n", "test.yaml line 2: 'auth:no_auth_user' is none of auth:users")]
    [InlineData("auth:\n  default_permissions:\n    publish: a..b\n", "test.yaml line 3: 'auth:default_permissions:publish' 'a..b' is no subject filter")]
    [InlineData("auth:\n  default_permissions:\n    publish: a q\n", "test.yaml line 3: 'auth:default_permissions:publish' 'a q' is no subject filter")]
    [InlineData("auth:\n  users:\n    - name: a\n      token: x\n      namespace: a/b\n", "test.yaml line 5: 'auth:users:0:namespace' is no namespace")]
    public void A_mistake_is_named_with_its_line(string yaml, string expected)
    {
        var error = Assert.Throws<ConfigurationException>(() => Read(yaml));

        Assert.StartsWith(expected, Assert.Single(error.Mistakes), StringComparison.Ordinal);
    }

    private static AuthOptions Read(string yaml)
    {
        var settings = new SettingsReader(new SettingsSources().AddYaml(new StringReader(yaml), "test.yaml"));
        var options = AuthOptions.Read(settings);
        settings.ThrowIfWrong();
        return options;
    }
}
