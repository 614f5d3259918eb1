namespace RobustMQ.Bench.Mqtt;

/// <summary>Runs scenarios against brokers in turn, so that a drift of the machine meets all of them alike, and compares their medians with the first's.</summary>
internal sealed class MqttComparison(IReadOnlyList<MqttServerAddress> servers, int runs, TimeSpan timeout)
{
    private readonly List<MqttRow> _rows = [];

    public IReadOnlyList<MqttRow> Rows => _rows;

    public void Compare(MqttScenario scenario) => Compare(scenario.Name, server => new MqttRunner(server, scenario with { Timeout = timeout }).Run());

    public void Compare(RetainedScenario scenario)
    {
        var runners = servers.ToDictionary(static server => server, server => new RetainedRunner(server, scenario with { Timeout = timeout }));
        foreach (var runner in runners.Values)
            runner.Prepare();
        Compare(scenario.Name, server => runners[server].Run());
        foreach (var runner in runners.Values)
            runner.CleanUp();
    }

    private void Compare(string name, Func<MqttServerAddress, MqttRun> run)
    {
        var results = servers.Select(static _ => new List<MqttRun>()).ToList();
        for (var at = 0; at < runs; at++)
        {
            for (var server = 0; server < servers.Count; server++)
                results[server].Add(run(servers[server]));
        }
        var rates = results.ConvertAll(static runsOfOne => runsOfOne.Select(static run => run.Rate).Order().ElementAt(runsOfOne.Count / 2));
        _rows.AddRange(servers.Select((server, at) => new MqttRow(name, server.Name, rates[at], results[at].Sum(static run => run.Lost), rates[at] / rates[0])));
    }
}

/// <param name="Ratio">To the first broker's.</param>
internal sealed record MqttRow(string Scenario, string Server, double Rate, long Lost, double Ratio);
