using System.Text;
using System.Text.Json;

namespace RobustMQ.Nats.Gateway.Mq9.Agents;

/// <summary>Gathers what a JSON value says in words: all its strings and numbers, at any depth.</summary>
internal static class AgentText
{
    public static string Of(JsonElement value)
    {
        var text = new StringBuilder();
        Gather(value, text);
        return text.ToString();
    }

    private static void Gather(JsonElement value, StringBuilder text)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var field in value.EnumerateObject())
                    Gather(field.Value, text);
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                    Gather(item, text);
                break;
            case JsonValueKind.String:
                text.Append(value.GetString()).Append('\n');
                break;
            case JsonValueKind.Number:
                text.Append(value.GetRawText()).Append('\n');
                break;
        }
    }
}
