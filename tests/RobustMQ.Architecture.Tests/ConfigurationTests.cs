using RobustMQ.Hosting.Configuration;

namespace RobustMQ.Architecture.Tests;

public class ConfigurationTests
{
    [Fact]
    public void Every_setting_says_what_it_is_for()
    {
        var settings = new SettingsReader(new SettingsSources());
        _ = Nats.Gateway.NatsOptions.Read(settings);
        _ = Kafka.Gateway.KafkaOptions.Read(settings);
        _ = Mqtt.Gateway.MqttOptions.Read(settings);
        _ = Amqp.Gateway.AmqpOptions.Read(settings);
        _ = GatewayKit.Identity.AuthOptions.Read(settings);

        Assert.True(settings.Descriptions.Count > 20);
        Assert.All(settings.Descriptions, description => Assert.False(string.IsNullOrWhiteSpace(description.Reason), description.Key));
    }
}
