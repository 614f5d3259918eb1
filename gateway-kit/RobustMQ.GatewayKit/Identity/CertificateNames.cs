using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>The names a certificate goes by: its subject alternative names (e-mail, DNS, URI; RFC 5280 section 4.2.1.6), then its subject.</summary>
internal static class CertificateNames
{
    private static readonly Asn1Tag Email = new(TagClass.ContextSpecific, 1);
    private static readonly Asn1Tag Dns = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag Uri = new(TagClass.ContextSpecific, 6);

    public static IEnumerable<string> Of(X509Certificate2 certificate)
    {
        foreach (var extension in certificate.Extensions)
        {
            if (extension is X509SubjectAlternativeNameExtension names)
            {
                foreach (var name in Read(names.RawData))
                    yield return name;
            }
        }
        yield return Normalize(certificate.Subject);
    }

    /// <summary>Spaces after the commas of a subject do not count.</summary>
    public static string Normalize(string name) => string.Join(',', name.Split(',', StringSplitOptions.TrimEntries));

    private static List<string> Read(byte[] extension)
    {
        var names = new List<string>();
        var sequence = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
        while (sequence.HasData)
        {
            var tag = sequence.PeekTag();
            if (tag.HasSameClassAndValue(Email) || tag.HasSameClassAndValue(Dns) || tag.HasSameClassAndValue(Uri))
                names.Add(sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag));
            else
                sequence.ReadEncodedValue();
        }
        return names;
    }
}
