using System.Net;
using System.Text;
using System.Text.Json;
using RobustMQ.Nats.Gateway.Mq9.Agents;
using RobustMQ.Nats.Gateway.Tests.Mq9.Support;

namespace RobustMQ.Nats.Gateway.Tests.Mq9;

public sealed class AgentSearchTests
{
    private static readonly AgentEntry Translator = Agent("""{"name":"t","description":"Translates contracts into French","skills":[{"tags":["legal"]}]}""");
    private static readonly AgentEntry Painter = Agent("""{"name":"p","payload":{"does":["oil painting","portraits"]}}""");
    private static readonly AgentEntry Clerk = Agent("""{"name":"c","payload":"files legal contracts, contracts and contracts"}""");

    [Theory]
    [InlineData("contracts", "c t")]
    [InlineData("LEGAL french", "t c")]
    [InlineData("portrait", "p")]
    [InlineData("oil", "p")]
    [InlineData("nothing-like-it", "")]
    [InlineData("", "")]
    public void Text_search_finds_words_at_any_depth_and_ranks_the_rarer_and_the_more_frequent_higher(string text, string expected)
    {
        Assert.Equal(expected, string.Join(' ', TextSearch.Find([Translator, Painter, Clerk], text).Select(agent => agent.Id)));
    }

    [Fact]
    public void Words_of_scripts_without_spaces_are_found()
    {
        var agent = Agent("""{"name":"x","payload":"翻訳エージェント"}""");

        Assert.Same(agent, Assert.Single(TextSearch.Find([agent, Painter], "翻訳")));
    }

    [Fact]
    public async Task Without_a_model_semantic_search_compares_parts_of_words()
    {
        var found = await new LexicalSearch().FindAsync([Painter, Clerk, Translator], "translation of a contract", CancellationToken.None);

        Assert.Equal(["t", "c"], found.Take(2).Select(agent => agent.Id));
        Assert.Empty(await new LexicalSearch().FindAsync([Painter, Clerk], "zzz", CancellationToken.None));
    }

    [Fact]
    public async Task With_an_endpoint_the_nearest_vector_comes_first_and_a_text_is_embedded_once()
    {
        await using var endpoint = new EmbeddingsEndpoint(text => text.Contains("painting", StringComparison.Ordinal) || text.Contains("artist", StringComparison.Ordinal) ? [1, 0] : [0, 1]);
        using var search = new EmbeddingSearch(endpoint.Options);

        var first = await search.FindAsync([Translator, Painter], "an artist", CancellationToken.None);
        var second = await search.FindAsync([Translator, Painter], "a lawyer", CancellationToken.None);

        Assert.Equal(["p", "t"], first.Select(agent => agent.Id));
        Assert.Equal(["t", "p"], second.Select(agent => agent.Id));
        Assert.Equal(["p text", "t text", "an artist", "a lawyer"], endpoint.Texts.Select(text => text.Contains("painting") ? "p text" : text.Contains("French") ? "t text" : text).Order(new Asked()));
        Assert.All(endpoint.Authorizations, value => Assert.Equal("Bearer key", value));
    }

    [Fact]
    public async Task An_endpoint_that_fails_is_an_error_for_the_client_in_words()
    {
        await using var endpoint = new EmbeddingsEndpoint(_ => null);
        await using var node = await MailNode.StartAsync("--nats:mq9:embeddings:url", endpoint.Options.Url.AbsoluteUri, "--nats:mq9:embeddings:api_key", "key");
        using var client = await node.ConnectAsync();
        await client.AskAsync("AGENT.REGISTER", """{"name":"x"}""");

        Assert.Equal("""{"error":"semantic search has no answer: the embeddings endpoint answered 500"}""", await client.AskAsync("AGENT.DISCOVER", """{"semantic":"y"}"""));
        Assert.Contains("\"agent_id\":\"x\"", await client.AskAsync("AGENT.DISCOVER", """{"text":"x"}"""));
    }

    [Fact]
    public async Task Agents_and_their_reports_survive_a_restart()
    {
        await using var node = await MailNode.StartAsync();
        using (var client = await node.ConnectAsync())
        {
            await client.AskAsync("AGENT.REGISTER", """{"mailbox":"m","name":"n"}""");
            await client.AskAsync("AGENT.REPORT", """{"name":"n","status":"idle"}""");
        }

        await node.RestartAsync();

        using var later = await node.ConnectAsync();
        var agent = (await later.AskJsonAsync("AGENT.DISCOVER")).GetProperty("agents")[0];
        Assert.Equal("m", agent.GetProperty("agent_id").GetString());
        Assert.Equal("idle", agent.GetProperty("last_report").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Agents_are_bounded_one_by_one_and_together()
    {
        await using var node = await MailNode.StartAsync("--nats:mq9:max_agent_bytes", "1KiB", "--nats:mq9:max_agents_bytes", "64KiB");
        using var client = await node.ConnectAsync();

        Assert.Equal("""{"error":"invalid REGISTER payload: it is larger than 1024 bytes"}""", await client.AskAsync("AGENT.REGISTER", $$"""{"name":"{{new string('x', 1100)}}"}"""));
        var answer = "{}";
        var registered = 0;
        while (answer == "{}" && registered < 200)
            answer = await client.AskAsync("AGENT.REGISTER", $$"""{"name":"a{{++registered}}","payload":"{{new string('x', 900)}}"}""");
        Assert.Equal("""{"error":"the server holds as many agents as it may"}""", answer);
        Assert.Equal("{}", await client.AskAsync("AGENT.UNREGISTER", """{"name":"a1"}"""));
        Assert.Equal("{}", await client.AskAsync("AGENT.REGISTER", """{"name":"new"}"""));
    }

    [Fact]
    public async Task Reports_count_among_what_agents_take_and_whoever_is_registered_may_be_again()
    {
        await using var node = await MailNode.StartAsync("--nats:mq9:max_agent_bytes", "8KiB", "--nats:mq9:max_agents_bytes", "64KiB");
        using var client = await node.ConnectAsync();
        const string Full = """{"error":"the server holds as many agents as it may"}""";
        var report = new string('r', 8000);
        var answer = "{}";
        var reported = 0;
        while (answer == "{}" && reported < 100)
        {
            Assert.Equal("{}", await client.AskAsync("AGENT.REGISTER", $$"""{"name":"a{{++reported}}"}"""));
            answer = await client.AskAsync("AGENT.REPORT", $$"""{"name":"a{{reported}}","status":"{{report}}"}""");
        }
        Assert.Equal((Full, 8), (answer, reported));

        // What is as large as before has room, and what is larger has not.
        Assert.Equal("{}", await client.AskAsync("AGENT.REPORT", $$"""{"name":"a1","status":"{{report}}"}"""));
        Assert.Equal("{}", await client.AskAsync("AGENT.REGISTER", """{"name":"a1"}"""));
        Assert.Equal(Full, await client.AskAsync("AGENT.REGISTER", $$"""{"name":"a1","payload":"{{new string('x', 7000)}}"}"""));
        Assert.Equal("{}", await client.AskAsync("AGENT.UNREGISTER", """{"name":"a1"}"""));
        Assert.Equal("{}", await client.AskAsync("AGENT.REPORT", $$"""{"name":"a8","status":"{{report}}"}"""));
    }

    private static AgentEntry Agent(string json) => new(JsonDocument.Parse(json).RootElement.GetProperty("name").GetString()!, Encoding.UTF8.GetBytes(json));

    /// <summary>Agents' texts before what was asked, in an order that does not depend on the order of the agents.</summary>
    private sealed class Asked : IComparer<string>
    {
        private static readonly List<string> Order = ["p text", "t text", "an artist", "a lawyer"];

        public int Compare(string? x, string? y) => Order.IndexOf(x!).CompareTo(Order.IndexOf(y!));
    }

    /// <summary>An OpenAI-compatible endpoint on a free port.</summary>
    private sealed class EmbeddingsEndpoint : IAsyncDisposable
    {
        private readonly HttpListener _listener;
        private readonly Func<string, float[]?> _embed;
        private readonly Task _loop;

        /// <param name="embed">Null: the endpoint fails.</param>
        public EmbeddingsEndpoint(Func<string, float[]?> embed)
        {
            _embed = embed;
            for (var port = 20_000 + Environment.ProcessId % 10_000; ; port++)
            {
                // One that could not start is of no more use.
                _listener = new HttpListener();
                _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
                try
                {
                    _listener.Start();
                    Options = new EmbeddingOptions { Url = new Uri($"http://127.0.0.1:{port}/v1"), Model = "m", ApiKey = "key", Timeout = TimeSpan.FromSeconds(10) };
                    break;
                }
                catch (HttpListenerException)
                {
                    // Taken; the next one.
                }
            }
            _loop = ServeAsync();
        }

        public EmbeddingOptions Options { get; }

        public List<string> Texts { get; } = [];

        public List<string?> Authorizations { get; } = [];

        public async ValueTask DisposeAsync()
        {
            _listener.Close();
            await _loop;
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                    Answer(await _listener.GetContextAsync());
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                // Closed.
            }
        }

        private void Answer(HttpListenerContext context)
        {
            using var request = JsonDocument.Parse(context.Request.InputStream);
            Assert.Equal("/v1/embeddings", context.Request.Url!.AbsolutePath);
            Authorizations.Add(context.Request.Headers["Authorization"]);
            var texts = request.RootElement.GetProperty("input").EnumerateArray().Select(text => text.GetString()!).ToArray();
            Texts.AddRange(texts);
            var vectors = texts.Select(_embed).ToArray();
            if (vectors.Any(vector => vector is null))
                context.Response.StatusCode = 500;
            else
                context.Response.OutputStream.Write(JsonSerializer.SerializeToUtf8Bytes(new { data = vectors.Select((vector, index) => new { index, embedding = vector }) }));
            context.Response.Close();
        }
    }
}
