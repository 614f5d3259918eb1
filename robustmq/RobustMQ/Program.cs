using System.CommandLine;
using RobustMQ.Bench.Amqp;
using RobustMQ.Bench.Consumers;
using RobustMQ.Bench.Kafka;
using RobustMQ.Bench.Mq9;
using RobustMQ.Bench.Mqtt;
using RobustMQ.Bench.Nats;
using RobustMQ.Bench.Storage;
using RobustMQ.Start;
using RobustMQ.Stored;

// The settings of `start` are keys of their own grammar (--nats:port 4222), the same as the single processes take.
if (args is ["start", .. var settings])
    return await StartCommand.RunAsync(settings);

var root = new RootCommand("RobustMQ: one log, every protocol")
{
    new Command("start", "Start everything in one process; 'robustmq start --help' lists every setting"),
    new Command("bench", "Measure a server")
    {
        NatsBenchCommand.Create(), Mq9BenchCommand.Create(), MqttBenchCommand.Create(), KafkaBenchCommand.Create(), AmqpBenchCommand.Create(),
        StorageBenchCommand.Create(), ConsumersBenchCommand.Create(),
    },
    StoredCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
