using System.Text;
using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Identity.Grants;

/// <summary>One thing that a user may do, or may not. What is denied is denied, whatever else is allowed.</summary>
/// <param name="Name">Of the resource, or the beginning of it; <see cref="AnyName"/>: every one.</param>
/// <param name="IsPrefix">Names that begin so.</param>
public sealed record Grant(GrantResource Resource, string Name, bool IsPrefix, GrantOperation Operation, bool IsDenied)
{
    /// <summary>Every name, where it is no prefix.</summary>
    public const string AnyName = "*";

    /// <summary>The one name of <see cref="GrantResource.Cluster"/>.</summary>
    public const string ClusterName = "kafka-cluster";

    public const int NameBytesMax = 512;

    /// <summary>Speaks of every name there is.</summary>
    public bool IsOfAll => !IsPrefix && Name == AnyName;

    /// <summary>Whether the name is one: not empty nor too long, and of a topic no subject filter, which it would not be taken for.</summary>
    public bool IsValid => Name.Length > 0 && Encoding.UTF8.GetByteCount(Name) <= NameBytesMax && !Name.Any(char.IsControl) && Resource switch
    {
        GrantResource.Topic => IsOfAll || !SubjectRules.HasWildcard(Encoding.UTF8.GetBytes(Name)),
        GrantResource.Cluster => Name == ClusterName && !IsPrefix,
        _ => true,
    };

    public bool SpeaksOf(GrantResource resource, string name) =>
        Resource == resource && (IsOfAll || (IsPrefix ? name.StartsWith(Name, StringComparison.Ordinal) : name == Name));
}
