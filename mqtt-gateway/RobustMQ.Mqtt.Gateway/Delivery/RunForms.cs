namespace RobustMQ.Mqtt.Gateway.Delivery;

/// <summary>The forms that the present run has been encoded to. Receivers of the same kind share one.</summary>
internal sealed class RunForms
{
    /// <summary>Forms that are kept for sharing; receivers beyond (each with identifiers of its own) take turns in the last one.</summary>
    private const int FormsMax = 16;

    private readonly List<WireForm> _forms = [];
    private int _count;

    public void Begin() => _count = 0;

    public WireForm Of(in PublishRun run, bool isV5, byte qos, bool retain, byte[] identifiers)
    {
        for (var at = 0; at < _count; at++)
        {
            if (_forms[at].Is(isV5, qos, retain, identifiers))
                return _forms[at];
        }
        if (_count < FormsMax)
            _count++;
        if (_forms.Count < _count)
            _forms.Add(new WireForm());
        var form = _forms[_count - 1];
        form.Encode(run, isV5, qos, retain, identifiers);
        return form;
    }
}
