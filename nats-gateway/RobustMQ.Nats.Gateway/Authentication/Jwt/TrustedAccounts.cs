using System.Diagnostics.CodeAnalysis;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Nats.Gateway.Authentication.Nkeys;

namespace RobustMQ.Nats.Gateway.Authentication.Jwt;

/// <summary>The accounts of decentralised mode: those of the configured tokens that a trusted operator signed.</summary>
public sealed class TrustedAccounts
{
    private readonly Dictionary<string, TrustedAccount> _accounts = new(StringComparer.Ordinal);

    internal IEnumerable<TrustedAccount> All => _accounts.Values;

    /// <summary>Null where no operator is configured: users are those of <c>auth:users</c>.</summary>
    public static TrustedAccounts? Read(SettingsReader settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        const string OperatorsKey = "nats:trusted_operators";
        const string AccountsKey = "nats:account_tokens";
        var operators = settings.Texts(OperatorsKey, "operators whose accounts are trusted (public keys O..., or operator JWTs); turns on decentralised mode");
        var tokens = settings.Texts(AccountsKey, "account JWTs of decentralised mode");
        if (operators.Count == 0)
        {
            if (tokens.Count > 0)
                settings.Refuse(AccountsKey, "needs nats:trusted_operators");
            return null;
        }

        var issuers = new HashSet<string>(StringComparer.Ordinal);
        foreach (var text in operators)
        {
            if (!TryAddOperator(text, issuers))
                settings.Refuse(OperatorsKey, "has an entry that is neither an operator's public key nor a valid operator JWT");
        }
        var accounts = new TrustedAccounts();
        foreach (var token in tokens)
        {
            if (accounts.Add(token, issuers) is { } problem)
                settings.Refuse(AccountsKey, problem);
        }
        return accounts;
    }

    internal bool TryGet(string publicKey, [NotNullWhen(true)] out TrustedAccount? account) => _accounts.TryGetValue(publicKey, out account);

    private static bool TryAddOperator(string text, HashSet<string> issuers)
    {
        if (Nkey.TryParse(text, out var key))
            return key.Kind == NkeyKind.Operator && issuers.Add(key.Text);
        if (!SignedClaims.TryParse(text, "operator", NkeyKind.Operator, out var claims) || claims.Issuer.Text != claims.Subject.Text)
            return false;
        issuers.Add(claims.Subject.Text);
        issuers.UnionWith(claims.Nats.Texts("signing_keys"));
        return true;
    }

    /// <returns>What is wrong with the token; null: nothing.</returns>
    private string? Add(string token, HashSet<string> issuers)
    {
        if (!SignedClaims.TryParse(token, "account", NkeyKind.Account, out var claims))
            return "has an entry that is no valid account JWT";
        if (!issuers.Contains(claims.Issuer.Text))
            return $"has the account {claims.Subject.Text}, whose issuer is none of nats:trusted_operators";
        try
        {
            _accounts[claims.Subject.Text] = new TrustedAccount(claims);
            return null;
        }
        catch (FormatException error)
        {
            return $"has the account {claims.Subject.Text}: {error.Message}";
        }
    }
}
