using System.Text;

namespace RobustMQ.GatewayKit.Identity.Grants;

/// <summary>Grants of topics as the subjects that all protocols use: a name is the subject, every name is every subject, and what begins so are subjects that begin so.</summary>
internal static class TopicGrants
{
    public static List<Grant> Of(UserGrants grants, GrantOperation operation, bool isDenied) =>
        [.. grants.All.Where(grant => grant.Resource == GrantResource.Topic && grant.IsDenied == isDenied && (grant.Operation == operation || grant.Operation == GrantOperation.All))];

    /// <summary>Whether two say the same of publishing and subscribing.</summary>
    public static bool AreSame(UserGrants one, UserGrants other) => OfSubjects(one).SequenceEqual(OfSubjects(other));

    /// <summary>Whether everything that may be published or subscribed to may still be: nothing that was allowed is missing, and nothing more is denied.</summary>
    public static bool OnlyAdd(UserGrants before, UserGrants after)
    {
        HashSet<Grant> had = [.. OfSubjects(before)];
        HashSet<Grant> has = [.. OfSubjects(after)];
        return had.All(grant => grant.IsDenied || has.Contains(grant)) && has.All(grant => !grant.IsDenied || had.Contains(grant));
    }

    public static IEnumerable<string> Filters(IEnumerable<Grant> grants) => grants.Where(static grant => !grant.IsPrefix).Select(static grant => grant.IsOfAll ? ">" : grant.Name);

    public static byte[][] Prefixes(IEnumerable<Grant> grants) => [.. grants.Where(static grant => grant.IsPrefix).Select(static grant => Encoding.UTF8.GetBytes(grant.Name))];

    private static IEnumerable<Grant> OfSubjects(UserGrants grants) =>
        grants.All.Where(static grant => grant is { Resource: GrantResource.Topic, Operation: GrantOperation.All or GrantOperation.Read or GrantOperation.Write });
}
