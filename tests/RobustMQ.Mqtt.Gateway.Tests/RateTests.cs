using RobustMQ.Mqtt.Gateway.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Mqtt.Gateway.Tests;

/// <summary>How fast one client is read, on a clock that stands unless it is moved.</summary>
public sealed class RateTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_client_that_publishes_too_many_messages_is_read_no_faster()
    {
        await using var gateway = await GatewayFixture.StartAsync(_time, "--mqtt:max_message_rate", "20");
        using var client = await gateway.ConnectAsync();
        // A second's worth at once, and one that is owed.
        for (ushort id = 1; id <= 21; id++)
        {
            await client.PublishAsync("a", "x", 1, id: id);
            Assert.Equal($"PUBACK {id} NoMatchingSubscribers", await client.ReadAsync());
        }
        var waited = TimeSpan.Zero;
        for (ushort id = 22; id <= 41; id++)
        {
            await client.PublishAsync("a", "x", 1, id: id);
            waited += await MoveUntilAsync(client, $"PUBACK {id} NoMatchingSubscribers", TimeSpan.FromMilliseconds(50));
        }
        Assert.True(waited >= TimeSpan.FromSeconds(1), $"20 messages took {waited}");
    }

    [Fact]
    public async Task A_client_that_publishes_too_many_bytes_is_read_no_faster_and_others_are()
    {
        await using var gateway = await GatewayFixture.StartAsync(_time, "--mqtt:max_byte_rate", "1000");
        using var client = await gateway.ConnectAsync();
        using var other = await gateway.ConnectAsync();
        await client.PublishAsync("a", new string('x', 4000), 1, id: 1);
        Assert.Equal("PUBACK 1 NoMatchingSubscribers", await client.ReadAsync());
        await client.PublishAsync("a", "small", 1, id: 2);
        await other.PublishAsync("a", new string('x', 1000), 1, id: 1);
        Assert.Equal("PUBACK 1 NoMatchingSubscribers", await other.ReadAsync());
        await other.PublishAsync("a", "small", 1, id: 2);
        Assert.Equal("PUBACK 2 NoMatchingSubscribers", await other.ReadAsync());

        // 3000 bytes beyond what a second allows.
        var waited = await MoveUntilAsync(client, "PUBACK 2 NoMatchingSubscribers", TimeSpan.FromMilliseconds(500));
        Assert.True(waited >= TimeSpan.FromSeconds(3), $"it took {waited}");
    }

    [Fact]
    public async Task A_client_that_flaps_is_let_in_again_when_its_ban_is_over_and_counted_anew_after_the_window()
    {
        await using var gateway = await GatewayFixture.StartAsync(
            _time, "--mqtt:flapping:max_connects", "2", "--mqtt:flapping:window", "10s", "--mqtt:flapping:ban", "60s");
        for (var round = 0; round < 2; round++)
        {
            Assert.StartsWith("CONNACK 0 Success", await ConnectAsync(gateway));
            _time.Advance(TimeSpan.FromSeconds(11));
        }
        Assert.StartsWith("CONNACK 0 Success", await ConnectAsync(gateway));
        Assert.StartsWith("CONNACK 0 Success", await ConnectAsync(gateway));
        Assert.Equal("CONNACK 0 Banned", await ConnectAsync(gateway));
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal("CONNACK 0 Banned", await ConnectAsync(gateway));
        _time.Advance(TimeSpan.FromSeconds(62));
        Assert.StartsWith("CONNACK 0 Success", await ConnectAsync(gateway));
    }

    private static async Task<string> ConnectAsync(GatewayFixture gateway)
    {
        using var client = await gateway.OpenAsync();
        await client.ConnectAsync(new TestConnect { ClientId = "me" });
        return await client.ReadAsync();
    }

    /// <summary>Moves the clock until an answer is there.</summary>
    private async Task<TimeSpan> MoveUntilAsync(TestClient client, string answer, TimeSpan step)
    {
        var waited = TimeSpan.Zero;
        var reading = client.ReadAsync();
        await Poll.UntilAsync(() =>
        {
            if (reading.IsCompleted)
                return Task.FromResult(true);
            _time.Advance(step);
            waited += step;
            return Task.FromResult(false);
        });
        Assert.Equal(answer, await reading);
        return waited;
    }
}
