using System.Text;
using System.Text.Json;

namespace RobustMQ.Nats.Gateway.Mq9.Agents;

/// <summary>One registered agent: the object that it registered with, whole, and the last one that it reported.</summary>
internal sealed class AgentEntry
{
    public AgentEntry(string id, byte[] registration)
    {
        Id = id;
        Registration = registration;
        using var document = JsonDocument.Parse(registration);
        Name = document.RootElement.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString()! : id;
        Text = AgentText.Of(document.RootElement);
        SearchedText = new SearchedText(Text);
    }

    /// <summary>Null where the bytes are no registration: somebody else wrote into the registry's topic.</summary>
    public static AgentEntry? TryCreate(string id, byte[] registration)
    {
        try
        {
            return new AgentEntry(id, registration);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Its <c>mailbox</c>, else its <c>name</c>.</summary>
    public string Id { get; }

    public string Name { get; }

    /// <summary>JSON, as it came.</summary>
    public byte[] Registration { get; }

    /// <summary>JSON; null: it has not reported.</summary>
    public byte[]? Report { get; set; }

    /// <summary>Unix ms.</summary>
    public long ReportedMs { get; set; }

    /// <summary>All its words: of names, descriptions, skills and payload alike.</summary>
    public string Text { get; }

    public SearchedText SearchedText { get; }

    /// <summary>Bytes that it takes, nearly: the object, its words once as text and once by word.</summary>
    public long SizeBytes => SizeOf(Registration, Report);

    /// <summary>Of an agent with these.</summary>
    public static long SizeOf(byte[] registration, byte[]? report) => 512 + (registration.Length * 5L) + (report?.Length ?? 0);

    public void Write(Utf8JsonWriter json)
    {
        using var document = JsonDocument.Parse(Registration);
        json.WriteStartObject();
        json.WriteString("agent_id"u8, Id);
        json.WriteString("name"u8, Name);
        json.WriteString("agent_info"u8, Registration);
        if (Report is not null)
        {
            json.WriteNumber("last_report_time"u8, ReportedMs / 1000);
            json.WritePropertyName("last_report"u8);
            json.WriteRawValue(Report);
        }
        foreach (var field in document.RootElement.EnumerateObject())
        {
            if (field.Name is not ("agent_id" or "name" or "agent_info" or "last_report_time" or "last_report"))
                field.WriteTo(json);
        }
        json.WriteEndObject();
    }

    /// <summary>Bytes of <see cref="Write"/> at most, nearly: the object twice, once with its quotes escaped.</summary>
    public long WrittenBytesMax => 256 + Registration.Length * 3L + (Report?.Length ?? 0);
}
