using RobustMQ.GatewayKit.Identity.Grants;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>
/// What an identity may do, on canonical subjects, the same for every protocol. Without an allow list everything is allowed; what a deny list matches is not, whatever
/// the allow list says. Grants of topics belong to these lists; where the user may do nothing but what was granted, an empty list allows nothing. Unchanging, any thread; a publish check is one walk of a trie, so a session keeps the answers for the subjects it uses.
/// </summary>
public sealed class Permissions
{
    private readonly PublishRules? _publishAllow;
    private readonly PublishRules? _publishDeny;
    private readonly SubscribeRules? _subscribeAllow;
    private readonly SubscribeRules? _subscribeDeny;

    private readonly PermissionOptions _options;
    private readonly UserGrants _grants;
    private readonly string _user;

    public Permissions(PermissionOptions options)
        : this(options, UserGrants.None, string.Empty, null)
    {
    }

    /// <param name="user">The user name's token, for <c>%u</c>.</param>
    /// <param name="client">The client identifier's token, for <c>%c</c>. Null: nobody has one yet; what is allowed with one is not allowed, what is denied is denied whatever it would be.</param>
    internal Permissions(PermissionOptions options, UserGrants grants, string user, string? client)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _grants = grants;
        _user = user;
        NeedsClientId = client is null && options.Mentions(ClientTokens.Client);
        // Who may answer requests, and is told nothing else, may publish answers only.
        if (options.PublishAllow.Count > 0 || options.Responses is not null || grants.IsRestricted)
            _publishAllow = new PublishRules(Allowed(options.PublishAllow, client), TopicGrants.Of(grants, GrantOperation.Write, isDenied: false));
        if (TopicGrants.Of(grants, GrantOperation.Write, isDenied: true) is var unwritable && options.PublishDeny.Count + unwritable.Count > 0)
            _publishDeny = new PublishRules(Denied(options.PublishDeny, client), unwritable);
        if (options.SubscribeAllow.Count > 0 || grants.IsRestricted)
            _subscribeAllow = new SubscribeRules(Allowed(options.SubscribeAllow, client), TopicGrants.Of(grants, GrantOperation.Read, isDenied: false));
        if (TopicGrants.Of(grants, GrantOperation.Read, isDenied: true) is var unreadable && options.SubscribeDeny.Count + unreadable.Count > 0)
            _subscribeDeny = new SubscribeRules(Denied(options.SubscribeDeny, client), unreadable);
    }

    /// <summary>Some rules speak of the client identifier (<c>%c</c>): a protocol that has one asks <see cref="TryForClient"/>.</summary>
    public bool NeedsClientId { get; }

    /// <summary>The permissions of one client.</summary>
    /// <returns>False where the rules speak of the identifier and it cannot stand in a subject for one token: such a client must not be let in.</returns>
    public bool TryForClient(string clientId, out Permissions permissions)
    {
        permissions = this;
        if (!NeedsClientId)
            return true;
        if (!ClientTokens.TryEscape(clientId, out var token))
            return false;
        permissions = new Permissions(_options, _grants, _user, token);
        return true;
    }

    /// <param name="subject">No wildcards.</param>
    public bool CanPublish(ReadOnlySpan<byte> subject) =>
        (_publishAllow is null || _publishAllow.Match(subject)) && (_publishDeny is null || !_publishDeny.Match(subject));

    /// <summary>
    /// A filter is allowed where one entry of the allow list holds all of it, and denied where one entry of the deny list does. Entries <c>filter queue</c> count for
    /// members of that queue group only; where some speak of the filter, the member's group must be among them.
    /// </summary>
    /// <param name="queue">Empty: no queue group.</param>
    public SubscribeDecision CanSubscribe(ReadOnlySpan<byte> filter, ReadOnlySpan<byte> queue)
    {
        if (_subscribeAllow is not null)
        {
            var ofQueue = queue.IsEmpty ? null : _subscribeAllow.HoldsQueue(filter, queue);
            if (!(ofQueue ?? _subscribeAllow.Holds(filter)))
                return SubscribeDecision.Denied;
        }
        if (_subscribeDeny is null)
            return SubscribeDecision.Allowed;
        // Deliveries are filtered by subject only, so a group that is denied in part is denied.
        if (_subscribeDeny.Holds(filter) || (!queue.IsEmpty && _subscribeDeny.TouchesQueue(filter, queue)))
            return SubscribeDecision.Denied;
        return _subscribeDeny.Touches(filter) ? SubscribeDecision.AllowedWithDeliveryFilter : SubscribeDecision.Allowed;
    }

    /// <summary>For deliveries of <see cref="SubscribeDecision.AllowedWithDeliveryFilter"/>.</summary>
    public bool CanReceive(ReadOnlySpan<byte> subject) => _subscribeDeny is null || !_subscribeDeny.Matches(subject);

    private List<string> Allowed(IReadOnlyList<string> filters, string? client) =>
        [.. filters.Where(filter => client is not null || !filter.Contains(ClientTokens.Client, StringComparison.Ordinal)).Select(filter => ClientTokens.Expand(filter, _user, client))];

    /// <summary>Without a client identifier a token that would contain it is any token.</summary>
    private List<string> Denied(IReadOnlyList<string> filters, string? client) =>
    [
        .. filters.Select(filter => client is not null ? filter
                : string.Join('.', filter.Split('.').Select(static token => token.Contains(ClientTokens.Client, StringComparison.Ordinal) ? "*" : token)))
            .Select(filter => ClientTokens.Expand(filter, _user, client))
    ];
}
