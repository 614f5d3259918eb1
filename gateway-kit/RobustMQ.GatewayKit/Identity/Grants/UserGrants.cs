namespace RobustMQ.GatewayKit.Identity.Grants;

/// <summary>Everything that was granted to one user. Unchanging, any thread.</summary>
public sealed class UserGrants
{
    private readonly Grant[] _grants;

    /// <param name="isRestricted">The user may do nothing but what was granted: no configuration says what else.</param>
    public UserGrants(IEnumerable<Grant> grants, bool isRestricted) => (_grants, IsRestricted) = ([.. grants], isRestricted);

    public static UserGrants None { get; } = new([], isRestricted: false);

    /// <summary>Where no grant speaks of something, it is not allowed.</summary>
    public bool IsRestricted { get; }

    public IReadOnlyList<Grant> All => _grants;

    /// <summary>What the grants say of one operation; null: nothing. A right to change, read or write something is one to know of it, too; no such thing follows from a denial.</summary>
    public bool? Decide(GrantResource resource, GrantOperation operation, string name)
    {
        bool? decision = null;
        foreach (var grant in _grants)
        {
            if (!grant.SpeaksOf(resource, name))
                continue;
            if (grant.IsDenied && (grant.Operation == operation || grant.Operation == GrantOperation.All))
                return false;
            if (!grant.IsDenied && Implies(grant.Operation, operation))
                decision = true;
        }
        return decision;
    }

    /// <summary>Whether an operation is allowed, by a grant or because nothing restricts the user.</summary>
    /// <param name="otherwise">What holds of an unrestricted user that no grant speaks of.</param>
    public bool Allows(GrantResource resource, GrantOperation operation, string name, bool otherwise = true) =>
        Decide(resource, operation, name) ?? (!IsRestricted && otherwise);

    /// <summary>Whether an operation is allowed on some resource of a kind and not denied on all of them.</summary>
    public bool AllowsSome(GrantResource resource, GrantOperation operation)
    {
        var isAllowed = !IsRestricted;
        foreach (var grant in _grants)
        {
            if (grant.Resource != resource)
                continue;
            if (grant.IsDenied && grant.IsOfAll && (grant.Operation == operation || grant.Operation == GrantOperation.All))
                return false;
            isAllowed |= !grant.IsDenied && Implies(grant.Operation, operation);
        }
        return isAllowed;
    }

    private static bool Implies(GrantOperation granted, GrantOperation wanted) =>
        granted == wanted || granted == GrantOperation.All || (wanted, granted) switch
        {
            (GrantOperation.Describe, GrantOperation.Read or GrantOperation.Write or GrantOperation.Delete or GrantOperation.Alter) => true,
            (GrantOperation.DescribeConfigs, GrantOperation.AlterConfigs) => true,
            _ => false,
        };
}
