namespace RobustMQ.Interop.Tests.Transcripts;

/// <summary>What one line of a transcript is.</summary>
internal enum TranscriptAction
{
    /// <summary><c>C: &lt;connect&gt;</c></summary>
    Connect,

    /// <summary><c>C: text</c> with CR LF behind it, <c>C~: text</c> without.</summary>
    Send,

    /// <summary><c>C: &lt;close&gt;</c></summary>
    Close,

    /// <summary><c>S: text</c></summary>
    Expect,

    /// <summary><c>S: &lt;closed&gt;</c></summary>
    ExpectClosed,
}
