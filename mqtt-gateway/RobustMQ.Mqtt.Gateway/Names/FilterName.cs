using System.Text;
using RobustMQ.Mqtt.Protocol;

namespace RobustMQ.Mqtt.Gateway.Names;

/// <summary>A filter as clients write it, taken apart: <c>$share/{name}/{filter}</c>, <c>$exclusive/{filter}</c>, or the filter alone.</summary>
internal readonly ref struct FilterName
{
    private static ReadOnlySpan<byte> ExclusivePrefix => "$exclusive/"u8;

    public ReadOnlySpan<byte> Filter { get; private init; }

    /// <summary>Null: not shared.</summary>
    public string? ShareName { get; private init; }

    /// <summary>One client at a time may have it.</summary>
    public bool IsExclusive { get; private init; }

    public static bool IsExclusiveName(ReadOnlySpan<byte> text) => text.StartsWith(ExclusivePrefix);

    /// <returns>False where the form is wrong. Whether <see cref="Filter"/> is a filter is not looked at.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out FilterName name)
    {
        name = new FilterName { Filter = text };
        if (IsExclusiveName(text))
        {
            name = new FilterName { Filter = text[ExclusivePrefix.Length..], IsExclusive = true };
            return !name.Filter.IsEmpty && !SharedFilter.IsShared(name.Filter);
        }
        if (!SharedFilter.IsShared(text))
            return true;
        if (!SharedFilter.TryParse(text, out var shared))
            return false;
        name = new FilterName { Filter = shared.Filter, ShareName = Encoding.UTF8.GetString(shared.Name) };
        return true;
    }
}
