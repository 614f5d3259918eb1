using System.CommandLine;
using RobustMQ.Bench.Nats;

var root = new RootCommand("RobustMQ: one log, every protocol")
{
    new Command("bench", "Measure a server") { NatsBenchCommand.Create() },
};
return await root.Parse(args).InvokeAsync();
