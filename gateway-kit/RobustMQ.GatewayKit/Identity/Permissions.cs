using System.Text;
using RobustMQ.Records.Subjects;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>
/// What an identity may do, on canonical subjects, the same for every protocol. Without an allow list everything is allowed; what a deny list matches is not, whatever
/// the allow list says. Unchanging, any thread; a publish check is one walk of a trie, so a session keeps the answers for the subjects it uses.
/// </summary>
public sealed class Permissions
{
    private readonly SubjectTrie<object>? _publishAllow;
    private readonly SubjectTrie<object>? _publishDeny;
    private readonly SubscribeRules? _subscribeAllow;
    private readonly SubscribeRules? _subscribeDeny;

    public Permissions(PermissionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        // Who may answer requests, and is told nothing else, may publish answers only.
        if (options.PublishAllow.Count > 0 || options.Responses is not null)
            _publishAllow = Trie(options.PublishAllow);
        if (options.PublishDeny.Count > 0)
            _publishDeny = Trie(options.PublishDeny);
        if (options.SubscribeAllow.Count > 0)
            _subscribeAllow = new SubscribeRules(options.SubscribeAllow);
        if (options.SubscribeDeny.Count > 0)
            _subscribeDeny = new SubscribeRules(options.SubscribeDeny);
    }

    /// <param name="subject">No wildcards.</param>
    public bool CanPublish(ReadOnlySpan<byte> subject) =>
        (_publishAllow is null || _publishAllow.HasMatch(subject)) && (_publishDeny is null || !_publishDeny.HasMatch(subject));

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

    private static SubjectTrie<object> Trie(IReadOnlyList<string> filters)
    {
        var trie = new SubjectTrie<object>();
        foreach (var filter in filters)
            trie.Add(Encoding.UTF8.GetBytes(filter), filter);
        return trie;
    }
}
