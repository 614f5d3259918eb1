using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using RobustMQ.Protos.V1;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;
using Record = RobustMQ.Protos.V1.Record;

namespace RobustMQ.Storage.Client.Tests.Services;

/// <summary>The API as a service sees it that speaks gRPC and nothing else.</summary>
public sealed class RecordCallTests : IAsyncLifetime
{
    private TestServer _server = null!;
    private TestNode _node = null!;
    private GrpcChannel _channel = null!;
    private LogService.LogServiceClient _logs = null!;
    private TopicService.TopicServiceClient _topics = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.OpenAsync();
        _server = await TestServer.StartAsync(_node.Node);
        _channel = GrpcChannel.ForAddress(_server.Address);
        _logs = new LogService.LogServiceClient(_channel);
        _topics = new TopicService.TopicServiceClient(_channel);
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Records_go_by_subject_to_the_topic_that_owns_it_and_come_back_in_full()
    {
        var spec = new TopicSpec { Name = "orders", Engine = Engine.Memory, Partitions = 4, Filters = { "orders.>" } };
        Assert.Null((await _topics.CreateAsync(new CreateTopicRequest { Spec = spec })).Error);
        var record = new Record
        {
            Value = ByteString.CopyFromUtf8("coffee"),
            Headers = { new RecordHeader { Name = "a", Value = ByteString.CopyFromUtf8("1") }, new RecordHeader { Name = "a" } },
        };

        var appended = await _logs.AppendAsync(new AppendRequest { Subject = "orders.new", Records = { record, record } });
        var read = await _logs.ReadAsync(new ReadRequest { Log = appended.Log, Start = StartPosition.AtOffset, Offset = 1, AsRecords = true });

        Assert.Equal((null, "orders", 0L), (appended.Error, appended.Log.Topic, appended.BaseOffset));
        var seen = Assert.Single(read.Records);
        Assert.Equal((1L, "orders.new", true, "coffee"), (seen.Offset, seen.Key.ToStringUtf8(), seen.KeyIsSubject, seen.Value.ToStringUtf8()));
        Assert.True(seen.TimestampMs > 0);
        Assert.Equal([("a", true), ("a", false)], seen.Headers.Select(header => (header.Name, header.HasValue)));
    }

    [Fact]
    public async Task What_nothing_owns_goes_to_live()
    {
        var appended = await _logs.AppendAsync(new AppendRequest { Subject = "anything", Records = { new Record { Value = ByteString.CopyFromUtf8("v") } } });
        Assert.Equal("_live", appended.Log.Topic);
    }

    [Fact]
    public async Task Keys_and_tombstones_stay_as_they_are()
    {
        await _topics.CreateAsync(new CreateTopicRequest { Spec = new TopicSpec { Name = "table", Engine = Engine.Memory } });
        var log = new TopicPartition { Topic = "table" };
        await _logs.AppendAsync(new AppendRequest { Log = log, Records = { new Record { Key = ByteString.CopyFromUtf8("k") }, new Record { Value = ByteString.Empty } } });

        var read = await _logs.ReadAsync(new ReadRequest { Log = log, Start = StartPosition.First, AsRecords = true });

        Assert.Equal([(true, false), (false, true)], read.Records.Select(record => (record.HasKey, record.HasValue)));
    }

    [Fact]
    public async Task A_request_that_is_none_is_INVALID_ARGUMENT()
    {
        var batch = ByteString.CopyFrom(1, 2, 3);
        await InvalidAsync(_logs.AppendAsync(new AppendRequest { Batch = batch }));
        await InvalidAsync(_logs.AppendAsync(new AppendRequest { Log = new TopicPartition { Topic = "no/topic" }, Batch = batch }));
        await InvalidAsync(_logs.AppendAsync(new AppendRequest { Log = new TopicPartition { Topic = "t" } }));
        await InvalidAsync(_logs.AppendAsync(new AppendRequest { Log = new TopicPartition { Topic = "t", Partition = -1 }, Batch = batch }));
        await InvalidAsync(_logs.AppendAsync(new AppendRequest { Subject = "a.*", Records = { new Record() } }));
        await InvalidAsync(_logs.AppendAsync(new AppendRequest { Subject = "a", Batch = batch }));
        await InvalidAsync(_logs.ReadAsync(new ReadRequest { Log = new TopicPartition { Topic = "t" }, MaxBytes = -1 }));
        await InvalidAsync(_logs.ReadAsync(new ReadRequest { Log = new TopicPartition { Topic = "t" }, Filters = { "a..b" } }));
        await InvalidAsync(_topics.CreateAsync(new CreateTopicRequest()));
        await InvalidAsync(_topics.GetAsync(new GetTopicRequest { Name = "a", Subject = "b" }));
    }

    [Fact]
    public async Task A_stream_answers_a_bad_append_and_goes_on()
    {
        await _topics.CreateAsync(new CreateTopicRequest { Spec = new TopicSpec { Name = "t", Engine = Engine.Memory } });
        using var stream = _logs.AppendStream();
        await stream.RequestStream.WriteAsync(new AppendStreamRequest
        {
            Entries =
            {
                new AppendStreamRequest.Types.Entry { Id = 7, Append = new AppendRequest { Log = new TopicPartition { Topic = "bad name" }, Batch = ByteString.CopyFrom(1) } },
                new AppendStreamRequest.Types.Entry { Id = 8 },
                new AppendStreamRequest.Types.Entry { Id = 9, Append = new AppendRequest { Log = new TopicPartition { Topic = "t" }, Batch = ByteString.CopyFrom(1) } },
            },
        });
        await stream.RequestStream.CompleteAsync();

        var answers = new List<(ulong, ErrorCode?)>();
        await foreach (var reply in stream.ResponseStream.ReadAllAsync())
            answers.AddRange(reply.Entries.Select(entry => (entry.Id, entry.Reply.Error?.Code)));

        Assert.Equal([(7UL, ErrorCode.InvalidArgument), (8UL, ErrorCode.InvalidArgument), (9UL, ErrorCode.CorruptBatch)], answers);
    }

    private static async Task InvalidAsync<T>(AsyncUnaryCall<T> call)
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
    }
}
