using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Sessions;
using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Tests;

/// <summary>What of a session is stored, and the exchanges that it stands for.</summary>
public sealed class SessionRecordTests
{
    [Fact]
    public void A_head_is_read_as_it_was_written_and_one_of_the_older_form_too()
    {
        var head = new SessionHead(SessionName.Of(Namespace.Parse("tenant"), "me/ü"), Epoch: 7, ExpirySeconds: 600, EndsAtMs: 12345, Began: 5);
        var bytes = head.Encode();
        Assert.True(SessionHead.TryRead(bytes, out var read));
        Assert.Equal(head, read);

        byte[] older = [1, .. bytes[1..21], .. bytes[29..]];
        Assert.True(SessionHead.TryRead(older, out read));
        Assert.Equal(head with { Began = 0 }, read);
        foreach (var form in new[] { bytes, older })
        {
            for (var length = 0; length < form.Length - "tenantme/ü".Length; length++)
                Assert.False(SessionHead.TryRead(form.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void A_will_is_read_as_it_was_written_and_one_of_the_older_form_too()
    {
        var will = new StoredWill(7, 12345, new Will("a/b"u8.ToArray(), "gone"u8.ToArray(), 2, Retain: true, [1, 2, 3, 4]), "ann/ü");
        var bytes = will.Encode();
        Assert.True(StoredWill.TryRead(bytes, out var read));
        Assert.Equal(bytes, read.Encode());
        Assert.Equal((7, 12345, "ann/ü", "gone"), (read.Epoch, read.DueAtMs, read.User, System.Text.Encoding.UTF8.GetString(read.Will.Payload)));

        byte[] older = [1, .. bytes[1..24], .. "a/b"u8, 1, 2, 3, 4, .. "gone"u8];
        Assert.True(StoredWill.TryRead(older, out read));
        Assert.Equal(bytes, (read with { User = "ann/ü" }).Encode());
        Assert.Equal(string.Empty, read.User);
        foreach (var form in new[] { bytes, older })
        {
            // Any payload is one.
            for (var length = 0; length < form.Length - "gone".Length; length++)
                Assert.False(StoredWill.TryRead(form.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void Owed_retained_messages_are_read_as_they_were_written_and_nothing_else_is()
    {
        var owed = new StoredRetained(
            [
                new RetainedExchange(RetainedWindow.FirstId, new Offset(1), 3, 1, StoredState.Sent),
                new RetainedExchange(RetainedWindow.LastId, new Offset(long.MaxValue), int.MaxValue, 2, StoredState.Released),
            ],
            [new RetainedRest(4, new Offset(99))]);
        var bytes = owed.Encode();
        Assert.True(StoredRetained.TryRead(bytes, out var read));
        Assert.Equal(owed.Open, read.Open);
        Assert.Equal(owed.Rests, read.Rests);
        for (var length = 0; length < bytes.Length; length++)
        {
            // A whole number of rests is a record, too.
            Assert.Equal(length == bytes.Length - 12, StoredRetained.TryRead(bytes.AsSpan(0, length), out _));
        }
        bytes[0]++;
        Assert.False(StoredRetained.TryRead(bytes, out _));
    }

    [Fact]
    public void Identifiers_of_retained_messages_go_round_and_leave_out_those_that_are_open()
    {
        var window = new RetainedWindow();
        window.Restore(new RetainedExchange(RetainedWindow.LastId - 1, Offset.Zero, 1, 2, StoredState.Released));
        Assert.Equal(0, window.Sent);
        Assert.Equal(RetainedWindow.LastId, window.Begin(new Offset(1), 1, 1));
        Assert.Equal(RetainedWindow.FirstId, window.Begin(new Offset(2), 1, 2));
        Assert.Equal(RetainedWindow.Identifiers - 3, window.Room);
        for (var at = 0; at < RetainedWindow.Identifiers - 3; at++)
            window.Begin(new Offset(at), 1, 1);
        Assert.Equal(0, window.Room);
        Assert.Equal([RetainedWindow.LastId - 1, RetainedWindow.LastId, RetainedWindow.FirstId], window.All.Take(3).Select(static exchange => (int)exchange.PacketId));

        Assert.True(window.TrySend(RetainedWindow.FirstId));
        Assert.True(window.TrySend(RetainedWindow.FirstId));
        Assert.Equal(1, window.Sent);
        Assert.Equal(StoredAck.Wrong, window.Acknowledge(PacketType.PubAck, RetainedWindow.FirstId, ReasonCode.Success));
        Assert.Equal(StoredAck.Wrong, window.Acknowledge(PacketType.PubComp, RetainedWindow.FirstId, ReasonCode.Success));
        Assert.Equal(StoredAck.Received, window.Acknowledge(PacketType.PubRec, RetainedWindow.FirstId, ReasonCode.Success));
        Assert.Equal(StoredAck.Ended, window.Acknowledge(PacketType.PubComp, RetainedWindow.FirstId, ReasonCode.Success));
        Assert.Equal(StoredAck.Ignored, window.Acknowledge(PacketType.PubComp, RetainedWindow.FirstId, ReasonCode.Success));
        Assert.Equal(StoredAck.UnknownPubRec, window.Acknowledge(PacketType.PubRec, RetainedWindow.FirstId, ReasonCode.Success));
        Assert.Equal(0, window.Sent);
        Assert.Equal(1, window.Room);
    }
}
